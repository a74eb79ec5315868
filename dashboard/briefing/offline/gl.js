/* The map drawn by deck.gl, which lies in the file packed: unpacked here, it runs only because the file's policy names its digest. */
(function () {
  const Fangyi = window.Fangyi;

  async function unpacked() {
    const packed = document.getElementById('deck');
    if (!packed || !window.DecompressionStream) return null;
    const bytes = Uint8Array.from(atob(packed.textContent), one => one.charCodeAt(0));
    packed.remove();
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).text();
  }

  /** Resolves to the engine, or to null where this browser cannot run it. */
  Fangyi.webgl = async function (parent, failed) {
    if (!document.createElement('canvas').getContext('webgl2')) return null;
    const text = await unpacked();
    if (!text) return null;
    const script = document.createElement('script');
    script.textContent = text;
    document.body.append(script);
    script.remove();
    return window.deck ? engine(parent, failed) : null;
  };

  const colour = (text, alpha) => [1, 3, 5].map(at => parseInt(text.slice(at, at + 2), 16)).concat(alpha);

  function engine(parent, failed) {
    const {Deck, MapView, SolidPolygonLayer, PathLayer} = window.deck, OVER = {depthCompare: 'always', depthWriteEnabled: false};
    const map = new Deck({
      parent, views: new MapView({id: 'map', repeat: false}), controller: false, viewState: {longitude: 0, latitude: 0, zoom: 1}, layers: [],
      style: {position: 'absolute', inset: '0'}, deviceProps: {type: 'webgl'}, onAfterRender: () => { Fangyi.ready += 1; }, onError: failed,
    });
    const fills = (id, data, alpha) => new SolidPolygonLayer({id, data, parameters: OVER, getPolygon: one => one.rings, getFillColor: one => colour(one.fill, alpha)});
    const lines = (id, data, width, alpha) => new PathLayer({id, data, parameters: OVER, widthUnits: 'pixels', getWidth: width, getPath: one => one.path, getColor: one => colour(one.line, alpha)});
    const areas = (shapes, fill) => shapes.flatMap(polygons => polygons.map(rings => ({rings, fill})));
    const edges = (shapes, line) => shapes.flatMap(polygons => polygons.flatMap(rings => rings.map(path => ({path, line}))));

    return {
      build(scene) {
        const c = Fangyi.colours, {districts, compounds} = Fangyi.shapes, of = rows => rows.map(row => compounds[row]);
        const layers = [fills('land', areas(districts, c.land), 255), fills('water', areas(Fangyi.water, c.water), 255), lines('shores', edges(Fangyi.water, c['water-edge']), 0.8, 255), lines('roads', Fangyi.roads.map(path => ({path, line: c.road})), 1, 255)];
        for (const [name, alpha] of [['far', 50], ['near', 255]]) {
          layers.push(fills(`${name}-areas`, scene.fills.flatMap(one => areas(of(one[name]), one.colour)), alpha));
          layers.push(lines(`${name}-edges`, scene.fills.flatMap(one => edges(of(one[name]), one.edge)), 0.8, alpha));
        }
        layers.push(lines('borders', edges(districts, c.border), 1, 255));
        if (scene.focus >= 0) layers.push(lines('focus', edges([districts[scene.focus]], c.area), 2.5, 255));
        map.setProps({layers});
      },
      draw(view) { map.setProps({width: view.w, height: view.h, viewState: {longitude: view.lon, latitude: view.lat, zoom: view.zoom, pitch: 0, bearing: 0}}); },
      end() { map.finalize(); },
    };
  }
})();
