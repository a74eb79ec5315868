/* The one map of the page: takes the JSON of dashboard/map.py, fetches its tables, and hands layers to one engine that is never rebuilt.
   What is drawn and how stands in map_draw.js; the engines are map_gl.js (deck.gl) and plain.js; the tools are map_*.js. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const query = new URLSearchParams(location.search);
  const NEAR = 14.5; // zoom at which a compound is as large as a thumbnail
  const FREE = [1040, 860]; // free middle that dashboard/map.py fits cameras into
  const state = (Fangyi.map = Object.assign(Fangyi.map || {}, {
    seq: 0, spec: null, layers: [], hidden: new Set(), viewKey: null, engine: null, flat: true, picked: null, hand: null, gap: null, touched: false,
    lite: query.get('lite') === '1', plainWanted: query.get('plain') === '1',
  }));
  const extras = (state.extras = state.extras || []); // functions of the tools: what else is drawn, [{id, kind, items, ...}]
  const listeners = (state.listeners = state.listeners || {});

  /** Tools listen: `spec` after new layers came, `view` after the camera moved, `look` after colours or filters changed. */
  Fangyi.on = (name, work) => { (listeners[name] = listeners[name] || []).push(work); };
  Fangyi.emit = (name, value) => { for (const work of listeners[name] || []) { try { work(value); } catch (error) { fail(error); } } };
  Fangyi.soon = (work, wait) => { let timer; return (...all) => { clearTimeout(timer); timer = setTimeout(() => work(...all), wait); }; };
  Fangyi.extra = work => extras.push(work);
  Fangyi.drawnExtras = () => extras.flatMap(work => work() || []);

  // ---- showing a spec

  async function show(spec) {
    if (!spec) return;
    const seq = ++state.seq;
    try {
      await (Fangyi.tableFirst ? Fangyi.tableFirst() : null);
      await mount();
      const [all, levels] = await Promise.all([Promise.all(spec.layers.map(layerOf)), Fangyi.readLevels ? Fangyi.readLevels(spec.levels) : null]);
      const layers = all.filter(layer => layer.tables.shapes.parts > 0); // deck.gl refuses polygons without a vertex
      if (seq !== state.seq) return; // a newer one is on its way
      Object.assign(state, {spec, layers, levels, counting: false});
      if (!state.hand) state.picked = spec.selected; // what a hand chose or closed while this was made comes first, as on the server
      await state.engine.loaded;
      if (seq !== state.seq) return;
      Fangyi.emit('spec', spec);
      place(spec);
      look();
      marks();
      address();
      requestAnimationFrame(() => requestAnimationFrame(() => {
        if (!Fangyi.ready) performance.mark('fangyi:map');
        Fangyi.ready += 1;
        Fangyi.emit('drawn');
      }));
    } catch (error) { fail(error); }
  }

  async function layerOf(json) {
    const tables = await Fangyi.tables(json.data);
    return {json, tables, labels: json['@@type'] === 'TextLayer' ? Fangyi.labelled(json, tables) : null, props: null};
  }

  function place(spec) {
    const moved = spec.viewKey !== state.viewKey;
    if (moved) { tilted(spec.camera.pitch || 0); Object.assign(state, {gap: insets(), touched: false}); }
    const first = spec.selected && state.viewKey === null ? beside(spec.selected) : null;
    state.engine.move(moved ? first || placed(spec.camera) : null, insets(), moved && state.viewKey !== null);
    state.viewKey = spec.viewKey;
  }

  /** Colours, filters, labels and what the tools draw, anew. */
  function look() {
    if (!state.engine || !state.layers.length) return;
    Fangyi.emit('look');
    Fangyi.dress();
    Fangyi.chooseLabels();
    state.engine.render();
  }
  Fangyi.look = look;
  Fangyi.redraw = () => { if (state.engine && state.layers.length && state.layers.every(one => one.labels || one.props)) state.engine.render(); }; // what has no colours yet is drawn when it has

  /**
   * Other values for columns of layers, until the next spec comes; all are drawn at once, and levels and legend count them.
   * columns  {layer key: {column: {values, size}}}, one value a row of the layer's own tables
   */
  Fangyi.restyle = columns => {
    if (!state.engine || !state.spec) return;
    state.counting = !!(columns.compounds && columns.compounds.confirmed_now); // counts stand in for proposals
    const mark = `#${(state.restyled = (state.restyled || 0) + 1)}`;
    for (const layer of state.layers) {
      const given = columns[layer.json.layer], rest = (layer.rest = layer.rest || layer.tables);
      if (!given || layer.labels) continue;
      const column = name => given[name] || rest.column(name);
      const value = (name, row) => (given[name] ? given[name].values[row * given[name].size] : rest.value(name, row));
      layer.tables = {...rest, style: {...rest.style, url: rest.style.url + mark}, column, value};
    }
    look();
  };

  /** Says whether the map went from flat to tilted or back. */
  function tilted(pitch) { const flat = pitch < 8, before = state.flat; state.flat = flat; return flat !== before; }
  Fangyi.tilted = tilted;

  async function mount() {
    const parent = document.getElementById('map');
    if (state.engine && state.parent === parent) return;
    const gl = !state.plainWanted && hasWebgl() && (await Fangyi.loadDeck(parent.dataset.deck));
    if (state.engine && state.parent === parent) return; // two specs at once: the first has mounted it
    Object.assign(state, {parent, viewKey: null, isPlain: !gl, engine: gl ? Fangyi.webgl(parent) : Fangyi.plain(parent)});
    parent.classList.add('mounted');
    Fangyi.emit('mounted');
  }

  function hasWebgl() {
    try { return !!document.createElement('canvas').getContext('webgl2'); } catch (_) { return false; }
  }

  // ---- where the camera stands

  /** Pixels of the map that panels cover, by side; the bar of tools too, unless only `panels` are meant. */
  function insets(panels) {
    const map = document.getElementById('map').getBoundingClientRect(), found = {left: 0, right: 0, top: 0, bottom: 0};
    const most = panels ? 0.8 : 0.45; // tools may stand in a narrow strip, a camera needs room
    for (const part of document.querySelectorAll('[data-inset]')) {
      const box = part.getBoundingClientRect(), side = part.dataset.inset;
      const overlaps = box.width && box.height && box.left < map.right && box.right > map.left && box.top < map.bottom && box.bottom > map.top;
      if (!overlaps) continue;
      const covered = {left: box.right - map.left, right: map.right - box.left, top: box.bottom - map.top, bottom: map.bottom - box.top}[side];
      found[side] = Math.max(found[side], Math.min(covered, (side === 'left' || side === 'right' ? map.width : map.height) * most));
    }
    const bar = panels ? null : document.querySelector('.map-tools:not([hidden]) .map-bar'), box = bar && bar.getBoundingClientRect();
    if (box && box.width && box.height > box.width && box.left < map.left + map.width / 2) found.left = Math.max(found.left, box.right - map.left);
    return found;
  }
  Fangyi.insets = insets;

  /** A camera made for the free middle of a 1920 x 1080 screen, on this screen. */
  function placed(camera) {
    const map = document.getElementById('map').getBoundingClientRect(), gap = insets();
    const wide = Math.max(map.width - gap.left - gap.right, 160), high = Math.max(map.height - gap.top - gap.bottom, 160);
    return {...camera, zoom: camera.zoom + Math.log2(Math.min(wide / FREE[0], high / FREE[1]))};
  }

  /** Shows a box of west, south, east, north; a single point is seen from near by. */
  Fangyi.flyTo = function ([west, south, east, north], most = 16) {
    const up = lat => Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / (2 * Math.PI);
    const across = Math.max(east - west, 1e-5) / 360, high = Math.max(up(north) - up(south), 1e-8);
    const zoom = Math.min(Math.log2(Math.min(FREE[0] / (512 * across), FREE[1] / (512 * high))) - 0.25, most);
    state.touched = true;
    state.engine.move({...placed({zoom}), longitude: (west + east) / 2, latitude: (south + north) / 2, pitch: now().pitch || 0, bearing: now().bearing || 0}, insets(), true);
  };
  Fangyi.fullExtent = () => { state.touched = false; state.engine.move(placed(state.spec.camera), insets(), true); };
  const now = () => state.engine.viewport() || {};

  // Panels may come after the map: until somebody has moved it, it makes room for them.
  const makeRoom = Fangyi.soon(() => {
    Fangyi.emit('room');
    if (!state.gap || state.touched) return; // nothing is drawn yet, or a person chose where to look
    const gap = insets(), before = state.gap;
    if (Object.keys(gap).some(side => Math.abs(gap[side] - before[side]) > 40)) Fangyi.refit();
  }, 300);
  new MutationObserver(changes => {
    if (changes.every(one => one.target.closest && one.target.closest('.map-tools, .map-holder, .hover-card'))) return; // our own
    if (state.hidden.size) marks();
    makeRoom();
  }).observe(document.documentElement, {childList: true, subtree: true});
  Fangyi.refit = Fangyi.soon(() => { if (state.spec) { state.viewKey = null; show(state.spec); } }, 250);

  // ---- what is selected

  /** Geometry of the selected thing: its rings, or its position. */
  function ringOf(selected) {
    if (!selected) return null;
    const layers = state.layers.filter(one => one.json.layer === selected.layer && !one.labels && one.tables.names.text.id);
    for (const layer of layers.sort((a, b) => (a.tables.shapes.start ? 0 : 1) - (b.tables.shapes.start ? 0 : 1))) {
      const wanted = layer.tables.names.text.id.indexOf(selected.id), items = wanted >= 0 ? pathsOf(layer.tables, wanted) : [];
      if (items.length) return {paths: !!layer.tables.shapes.start, items};
    }
    return selected.at ? {paths: false, items: [selected.at]} : null;
  }

  /** Rings of a row, or its positions where it is a point. */
  function pathsOf(tables, row) {
    const {shapes} = tables, items = [];
    for (const i of Fangyi.partsOf(tables, row)) {
      const [from, to] = shapes.start ? [shapes.start[i], shapes.start[i + 1]] : [i, i + 1], path = [];
      for (let j = from; j < to; j++) path.push([shapes.xy[2 * j], shapes.xy[2 * j + 1]]);
      items.push(shapes.start ? path : path[0]);
    }
    return items;
  }
  Object.assign(Fangyi, {ringOf, pathsOf});

  function ringed() {
    const ring = ringOf(state.picked), k = Fangyi.scale || 1;
    if (!ring) return [];
    const colour = Fangyi.colour('ring');
    return ring.paths
      ? [{id: 'selected', kind: 'lines', over: true, items: ring.items.map(path => ({path, colour, width: 3 * k}))}]
      : [{id: 'selected', kind: 'circles', over: true, items: ring.items.map(at => ({at, r: 13 * k, line: colour, width: 3 * k}))}];
  }
  extras.push(ringed);

  /** Rings {layer, id}, or nothing when the id is empty; what was not chosen on the map itself is flown to. */
  Fangyi.select = picked => {
    state.hand = picked;
    state.picked = picked && picked.id ? picked : null;
    if (!state.engine || !state.layers.length) return;
    address();
    state.engine.render();
    const camera = state.picked && picked.from !== 'map' ? beside(state.picked) : null;
    if (!camera) return;
    state.touched = true;
    state.engine.move(camera, insets(), true);
  };

  /** The camera that shows a shape from near by, null when nothing of it is drawn. */
  function beside(picked) {
    const ring = ringOf(picked), at = ring && (ring.paths ? ring.items[0][0] : ring.items[0]), viewport = state.engine.viewport();
    const zoom = Math.max(NEAR, (viewport && viewport.zoom) || 0);
    return at ? {...state.spec.camera, longitude: at[0], latitude: at[1], zoom} : null;
  }

  /** What is picked stands in the address, so that a copied address shows it too. */
  function address() {
    const url = new URL(location.href), value = state.picked ? `${state.picked.layer}:${state.picked.id}` : null;
    if (url.searchParams.get('pick') === value || /wall$/.test(url.pathname)) return;
    if (value) url.searchParams.set('pick', value); else url.searchParams.delete('pick');
    history.replaceState(history.state, '', url.pathname + url.search.replaceAll('%3A', ':').replaceAll('%2F', '/') + url.hash);
  }

  // ---- talking with the page

  /** A click: a circle of a level is flown into, anything else is what the page asks about. */
  Fangyi.report = function (hit) {
    if (hit && hit.text) return; // an arc only tells
    if (Fangyi.measuring && Fangyi.measuring.clicks()) return; // the click was a point of a measurement
    if (hit && hit.place) Fangyi.card(null); // its circle goes as the map comes nearer
    if (hit && hit.place) return Fangyi.flyTo(hit.place.box, 15.5);
    const id = hit && hit.layer.tables.names.text.id ? hit.layer.tables.names.text.id[hit.row] : '';
    Fangyi.send('map-event', {layer: hit ? hit.layer.json.layer : '', id, t: Date.now()});
  };

  function marks() {
    for (const button of document.querySelectorAll('[data-layer]')) button.setAttribute('aria-pressed', String(!state.hidden.has(button.dataset.layer)));
  }
  Fangyi.toggleLayer = key => {
    state.hidden.has(key) ? state.hidden.delete(key) : state.hidden.add(key);
    marks();
    look();
  };
  document.addEventListener('click', event => {
    const button = event.target.closest && event.target.closest('[data-layer]');
    if (button) Fangyi.toggleLayer(button.dataset.layer);
  });

  function fail(error) { const message = String((error && error.message) || error); Fangyi.errors.push(message); console.error('Fangyi:', message); }
  Object.assign(Fangyi, {fail, show});
  const dash = (window.dash_clientside = window.dash_clientside || {});
  dash.fangyi = Object.assign(dash.fangyi || {}, {show: spec => { show(spec); return window.dash_clientside.no_update; }});
})();
