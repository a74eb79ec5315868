/* The engine that draws with deck.gl: fetched once the page can be read, one canvas for all pages. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const state = (Fangyi.map = Fangyi.map || {});
  const OVER = {depthCompare: 'always', depthWriteEnabled: false};
  let asked = null;

  /** Fetches the program once; resolves to whether it is there. Without it the plain map draws. */
  Fangyi.loadDeck = function (address) {
    if (window.deck) return Promise.resolve(true);
    asked = asked || new Promise(resolve => {
      const script = document.createElement('script');
      script.src = address;
      script.onload = () => resolve(!!window.deck);
      script.onerror = () => { asked = null; resolve(false); };
      document.head.append(script);
    });
    return asked;
  };

  // While the server works out the first page the line is idle: the program is fetched then, and run once the page has been painted.
  const watch = new MutationObserver(() => {
    const map = document.getElementById('map'), shell = document.querySelector('.shell:not(.waiting):not(.plain)');
    if (!map || state.plainWanted || window.deck) return map && watch.disconnect();
    if (!state.fetched) {
      state.fetched = true;
      document.head.append(Object.assign(document.createElement('link'), {rel: 'prefetch', as: 'script', href: map.dataset.deck}));
    }
    if (!shell) return;
    watch.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => Fangyi.loadDeck(map.dataset.deck)));
  });
  watch.observe(document.documentElement, {childList: true, subtree: true});

  Fangyi.webgl = function (parent) {
    const labelsSoon = Fangyi.soon(() => { if (Fangyi.chooseLabels()) render(); }, 140);
    let arrived, seen = '';
    const loaded = new Promise(resolve => { arrived = resolve; }); // the drawing device comes later than the map
    let camera = {longitude: 114.3, latitude: 30.6, zoom: 9, pitch: 0, bearing: 0};
    const map = new deck.Deck({
      onLoad: () => arrived(),
      parent, style: {position: 'absolute', inset: 0}, useDevicePixels: state.lite ? 1 : true, deviceProps: {type: 'webgl', webgl: {antialias: !state.lite}},
      eventRecognizerOptions: {click: {time: 2000}}, // without it a press is lost where finding what lies under it takes over 250 ms
      pickingRadius: 5, views: new deck.MapView({id: 'map', repeat: false}), controller: {inertia: state.lite ? 0 : 220, keyboard: false, touchRotate: true},
      initialViewState: camera, layers: [], getCursor: ({isDragging, isHovering}) => (isDragging ? 'grabbing' : isHovering ? 'pointer' : 'grab'),
      onClick: info => Fangyi.report(picked(info)), onHover: info => Fangyi.card(picked(info), info.x, info.y),
      onViewStateChange: ({viewState}) => { camera = viewState; Fangyi.card(null); labelsSoon(); if (Fangyi.tilted(viewState.pitch)) Fangyi.look(); return viewState; },
      onInteractionStateChange: now => { if (now.isDragging || now.isZooming || now.isPanning || now.isRotating) state.touched = true; },
      onResize: () => labelsSoon(), onAfterRender: rendered, onError: error => Fangyi.fail(error),
    });

    function rendered() {
      Fangyi.frames = (Fangyi.frames || 0) + 1;
      const v = map.getViewports()[0], key = v && [v.longitude, v.latitude, v.zoom, v.pitch, v.bearing, v.width, v.height].join();
      if (v && key !== seen) { seen = key; Fangyi.emit('view', v); }
    }

    function picked(info) {
      if (info.object && info.layer && (info.object.place || info.object.text)) return info.object.place ? {place: info.object.place} : {text: info.object.text};
      const layer = info.layer && state.layers.find(one => one.json.id === info.layer.id);
      return layer && info.index >= 0 ? {layer, row: layer.tables.row(info.index)} : null;
    }

    function render() {
      const extras = Fangyi.drawnExtras(), under = extras.filter(one => !one.over), over = extras.filter(one => one.over);
      const layers = Fangyi.inOrder().map(layer => {
        const props = layer.labels ? textProperties(layer) : layer.props;
        return new deck[layer.json['@@type']]({...props, opacity: (props.opacity ?? 1) * Fangyi.opacityOf(layer), visible: Fangyi.isShown(layer), pickable: !!props.pickable && Fangyi.opacityOf(layer) > 0.3});
      });
      const at = layers.findIndex((_, i) => Fangyi.inOrder()[i].labels);
      layers.splice(at < 0 ? layers.length : at, 0, ...under.map(drawn));
      map.setProps({layers: [...layers, ...over.map(drawn)]});
    }

    function textProperties(layer) {
      const {json, tables} = layer, props = Fangyi.properties({...layer, json: {...json, data: null, getText: null, getPosition: null, getSize: null}});
      const name = Fangyi.column(json.getColor), colour = name && tables.column(name);
      return Object.assign(props, {
        data: layer.shown || [], getText: label => label.text, getPosition: label => label.at, getSize: label => label.size,
        ...(colour ? {getColor: label => Fangyi.themed(colour.values, label.row * 4, [])} : {}),
        ...written(json.outlineWidth ?? 3), parameters: {...OVER, ...json.parameters},
      });
    }
    const written = width => ({characterSet: 'auto', fontFamily: Fangyi.mapFont, fontWeight: 600, fontSettings: {sdf: true, fontSize: 42, buffer: 6, radius: 10}, outlineWidth: width, outlineColor: Fangyi.colour('halo'), billboard: true});

    /** What the tools draw, as a layer. */
    function drawn({id, kind, items, pickable, bare}) {
      const own = {id: `extra-${id}`, data: items, parameters: OVER, pickable: !!pickable};
      if (kind === 'lines') return new deck.PathLayer({...own, getPath: one => one.path, getColor: one => one.colour, getWidth: one => one.width, widthUnits: 'pixels', jointRounded: true, capRounded: true});
      if (kind === 'fills') return new deck.SolidPolygonLayer({...own, getPolygon: one => one.ring, getFillColor: one => one.colour});
      if (kind === 'arcs') return new deck.ArcLayer({...own, autoHighlight: true, getSourcePosition: one => one.from, getTargetPosition: one => one.to, getSourceColor: one => one.start, getTargetColor: one => one.colour, getWidth: one => one.width, getHeight: 0.5, getTilt: state.flat ? 30 : 0, greatCircle: false, updateTriggers: {getTilt: state.flat}});
      if (kind === 'texts') return new deck.TextLayer({...own, getText: one => one.text, getPosition: one => one.at, getSize: one => one.size, getColor: one => one.colour, getPixelOffset: one => [0, one.dy || 0], ...written(bare ? 0 : 3)});
      return new deck.ScatterplotLayer({...own, autoHighlight: !!pickable, getPosition: one => one.at, getRadius: one => one.r, radiusUnits: 'pixels', getFillColor: one => one.fill || [0, 0, 0, 0], filled: items.some(one => one.fill), stroked: true, getLineColor: one => one.line, getLineWidth: one => one.width, lineWidthUnits: 'pixels'});
    }

    function go(to, ms) {
      camera = {...camera, ...to, maxPitch: 70};
      const smooth = ms && !state.lite ? {transitionDuration: ms, transitionInterpolator: ms > 600 ? new deck.FlyToInterpolator() : new deck.LinearInterpolator(['longitude', 'latitude', 'zoom', 'pitch', 'bearing'])} : {transitionDuration: 0};
      map.setProps({initialViewState: {...camera, ...smooth}});
      setTimeout(labelsSoon, ms && !state.lite ? ms + 50 : 60);
      if (Fangyi.tilted(camera.pitch || 0)) Fangyi.look();
    }

    return {
      render, resize: labelsSoon, loaded, go,
      viewport: () => (map.isInitialized ? map.getViewports()[0] : null),
      canvas() { map.redraw('picture'); return parent.querySelector('canvas'); }, // read in the same task, before the frame is handed over
      move(to, padding, fly) {
        map.setProps({views: new deck.MapView({id: 'map', repeat: false, padding})});
        if (to) go(to, fly ? 1400 : 0);
        else setTimeout(labelsSoon, 60);
      },
    };
  };
})();
