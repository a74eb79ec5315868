/* The one map of the page: turns the JSON of dashboard/map.py and its tables into layers of one deck.gl canvas that is never rebuilt. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const LITE = /[?&]lite=1/.test(location.search), PLAIN = /[?&]plain=1/.test(location.search);
  const TYPES = new Set(['SolidPolygonLayer', 'PathLayer', 'ScatterplotLayer', 'ColumnLayer', 'ArcLayer', 'TextLayer']);
  const PLACES = new Set(['getPolygon', 'getPath', 'getPosition', 'getSourcePosition', 'getTargetPosition']);
  const OURS = new Set(['@@type', 'data', 'layer', 'hover', 'title', 'getPriority']);
  const PIXELS = ['radiusMinPixels', 'radiusMaxPixels', 'widthMinPixels', 'widthMaxPixels', 'lineWidthMinPixels', 'lineWidthMaxPixels', 'sizeMinPixels', 'sizeMaxPixels', 'outlineWidth'];
  const FONT = '"Noto Sans CJK SC","Source Han Sans SC","Microsoft YaHei","PingFang SC",sans-serif';
  const ON_GROUND = {depthCompare: 'always', depthWriteEnabled: false}; // flat layers share one height: drawn in order, they do not flicker
  const NEAR = 14.5; // zoom at which a compound is as large as a thumbnail
  const FREE = [1040, 860]; // free middle that dashboard/map.py fits cameras into
  const state = {seq: 0, spec: null, layers: [], hidden: new Set(), viewKey: null, engine: null, flat: true, picked: null, gap: null, touched: false};
  Fangyi.map = state;

  // ---- from JSON to deck.gl properties

  const column = value => (typeof value === 'string' && value.startsWith('@@=') ? value.slice(3).trim() : null);

  const shared = new WeakMap(); // shapes -> data objects: the same object again means that deck.gl keeps its buffers
  function dataOf(shapes, option) {
    if (!shared.has(shapes)) shared.set(shapes, {});
    const kept = shared.get(shapes);
    if (kept[option]) return kept[option];
    const data = {length: shapes.parts, attributes: {}};
    if (option === 'getSourcePosition') {
      const ends = [new Float64Array(data.length * 2), new Float64Array(data.length * 2)];
      for (let i = 0; i < data.length * 4; i++) ends[(i >> 1) & 1][(i >> 2) * 2 + (i & 1)] = shapes.xy[i];
      data.attributes.getSourcePosition = {value: ends[0], size: 2};
      data.attributes.getTargetPosition = {value: ends[1], size: 2};
    } else {
      data.attributes[option] = {value: shapes.xy, size: 2};
      if (shapes.start) data.startIndices = shapes.start;
    }
    return (kept[option] = data);
  }

  /** Accessor that reads a style column by row; called by deck.gl with (object, {index, target}). */
  function accessor(tables, name) {
    const found = tables.column(name), words = tables.words(name);
    if (words) return (_, info) => String(words[tables.row(info.index)] ?? '');
    if (!found) throw new Error(`column ${name} is not in ${tables.style.url}`);
    if (found.size === 1) return (_, info) => { const v = found.values[tables.row(info.index)]; return Number.isFinite(v) ? v : 0; };
    return (_, info) => {
      const at = tables.row(info.index) * found.size;
      for (let k = 0; k < found.size; k++) info.target[k] = found.values[at + k];
      return info.target;
    };
  }

  function scaled(type, props) {
    const k = Fangyi.scale || 1;
    if (k === 1) return props;
    for (const name of PIXELS) if (props[name]) props[name] *= k;
    if (type === 'TextLayer') props.sizeScale = (props.sizeScale || 1) * k;
    if (type === 'ArcLayer' || props.widthUnits === 'pixels') props.widthScale = (props.widthScale || 1) * k;
    if (props.radiusUnits === 'pixels') props.radiusScale = (props.radiusScale || 1) * k;
    if (props.lineWidthUnits === 'pixels') props.lineWidthScale = (props.lineWidthScale || 1) * k;
    return props;
  }

  function properties(json, tables) {
    const type = json['@@type'], props = {updateTriggers: {}};
    if (!TYPES.has(type)) throw new Error(`layer type ${type} is not drawn here`);
    for (const [option, value] of Object.entries(json)) {
      const name = column(value);
      if (OURS.has(option)) continue;
      if (name === null) props[option] = value;
      else if (PLACES.has(option)) { if (option !== 'getTargetPosition') props.data = dataOf(tables.shapes, option); }
      else { props[option] = accessor(tables, name); props.updateTriggers[option] = tables.style.url; }
    }
    if (type === 'SolidPolygonLayer') Object.assign(props, {_normalize: false, _windingOrder: 'CW'});
    if (type === 'PathLayer') props._pathType = 'open';
    if (!props.extruded && type !== 'ArcLayer') props.parameters = {...ON_GROUND, ...props.parameters};
    if (props.extruded) {
      props.extruded = !state.flat; // seen from straight above, walls would only lean into the neighbours
      props.material = props.material || {ambient: 0.78, diffuse: 0.34, shininess: 8, specularColor: [24, 28, 32]}; // near the colours of the legend
    }
    return scaled(type, props);
  }

  // ---- labels

  function labelled(json, tables) {
    const texts = tables.words(column(json.getText)), size = column(json.getSize), rank = json.getPriority && tables.column(column(json.getPriority));
    const sizes = size && tables.column(size), {xy, parts} = tables.shapes, found = [];
    for (let i = 0; i < parts; i++) {
      const row = tables.row(i);
      if (!texts[row]) continue;
      found.push({i, row, text: texts[row], at: [xy[2 * i], xy[2 * i + 1]], size: sizes ? sizes.values[row] : json.getSize || 14, rank: rank ? rank.values[row] : -row / 1e6});
    }
    return found;
  }

  function choose() {
    const viewport = state.engine.viewport();
    if (!viewport) return false;
    const all = [], k = Fangyi.scale || 1, gap = insets();
    state.layers.forEach((layer, order) => {
      if (!layer.labels || state.hidden.has(layer.json.layer)) return;
      const offset = Array.isArray(layer.json.getPixelOffset) ? layer.json.getPixelOffset : [0, 0];
      for (const label of layer.labels) {
        const [x, y] = viewport.project(label.at);
        const half = (Fangyi.ems(label.text) * label.size * k) / 2, high = label.size * k * 0.6;
        if (x - half < gap.left || y - high < gap.top || x + half > viewport.width - gap.right || y + high > viewport.height - gap.bottom) continue; // behind a panel
        all.push({label, layer, text: label.text, x, y, dx: offset[0] * k, dy: offset[1] * k, size: label.size * k, rank: label.rank + order / 1e3});
      }
    });
    const stands = Fangyi.declutter(all, viewport.width, viewport.height);
    let changed = false;
    for (const layer of state.layers.filter(one => one.labels)) {
      const shown = all.filter(c => c.layer === layer && stands.has(c)).map(c => c.label);
      const key = shown.map(label => label.i).join();
      if (key !== layer.shownKey) { layer.shown = shown; layer.shownKey = key; changed = true; }
    }
    return changed;
  }

  function textProperties(layer) {
    const {json, tables} = layer, props = properties({...json, data: null, getText: null, getPosition: null, getSize: null}, tables);
    const colour = column(json.getColor) && tables.column(column(json.getColor));
    return Object.assign(props, {
      data: layer.shown || [], getText: label => label.text, getPosition: label => label.at, getSize: label => label.size,
      ...(colour ? {getColor: label => colour.values.subarray(label.row * 4, label.row * 4 + 4)} : {}),
      characterSet: 'auto', fontFamily: FONT, fontSettings: {sdf: true, fontSize: 42, buffer: 6, radius: 10},
      outlineWidth: json.outlineWidth ?? 3, outlineColor: json.outlineColor || [9, 15, 22, 255], billboard: true,
      parameters: {depthCompare: 'always', depthWriteEnabled: false, ...json.parameters},
    });
  }

  // ---- the WebGL engine

  function webgl(parent) {
    const labelsSoon = soon(() => { if (choose()) render(); }, 140);
    let arrived;
    const loaded = new Promise(resolve => { arrived = resolve; }); // the drawing device comes later than the map
    const map = new deck.Deck({
      onLoad: () => arrived(),
      parent, style: {position: 'absolute', inset: 0}, useDevicePixels: LITE ? 1 : true, deviceProps: {type: 'webgl', webgl: {antialias: !LITE}},
      pickingRadius: 5, views: new deck.MapView({id: 'map', repeat: false}), controller: {inertia: LITE ? 0 : 220, keyboard: true, touchRotate: true},
      initialViewState: {longitude: 114.3, latitude: 30.6, zoom: 9}, layers: [], getCursor: ({isDragging, isHovering}) => (isDragging ? 'grabbing' : isHovering ? 'pointer' : 'grab'),
      onClick: info => report(picked(info)), onHover: info => Fangyi.card(picked(info), info.x, info.y), onViewStateChange: ({viewState}) => { Fangyi.card(null); labelsSoon(); if (tilted(viewState.pitch)) { dress(); render(); } return viewState; },
      onInteractionStateChange: now => { if (now.isDragging || now.isZooming || now.isPanning || now.isRotating) state.touched = true; },
      onResize: () => labelsSoon(), onAfterRender: () => { Fangyi.frames = (Fangyi.frames || 0) + 1; }, onError: fail,
    });
    function picked(info) {
      const layer = info.layer && state.layers.find(one => one.json.id === info.layer.id);
      return layer && info.index >= 0 ? {layer, row: layer.tables.row(info.index)} : null;
    }
    function render() {
      const layers = state.layers.map(layer => {
        const props = layer.labels ? textProperties(layer) : layer.props;
        return new deck[layer.json['@@type']]({...props, visible: !state.hidden.has(layer.json.layer)});
      });
      map.setProps({layers: [...layers, ...ringed()]});
    }
    function ringed() {
      const ring = ringOf(state.picked), k = Fangyi.scale || 1;
      if (!ring) return [];
      const look = {getColor: [255, 255, 255, 255], getLineColor: [255, 255, 255, 255], parameters: {depthCompare: 'always'}, data: ring.items};
      return [ring.paths
        ? new deck.PathLayer({...look, id: 'selected', getPath: path => path, getWidth: 3 * k, widthUnits: 'pixels', jointRounded: true})
        : new deck.ScatterplotLayer({...look, id: 'selected', getPosition: at => at, getRadius: 13 * k, radiusUnits: 'pixels', filled: false, stroked: true, getLineWidth: 3 * k, lineWidthUnits: 'pixels'})];
    }
    return {
      render, resize: labelsSoon,
      viewport: () => (map.isInitialized ? map.getViewports()[0] : null), loaded,
      move(camera, padding, fly) {
        map.setProps({views: new deck.MapView({id: 'map', repeat: false, padding})});
        if (camera) map.setProps({initialViewState: {...camera, maxPitch: 70, ...(fly && !LITE ? {transitionDuration: 1400, transitionInterpolator: new deck.FlyToInterpolator()} : {})}});
        setTimeout(labelsSoon, fly && !LITE ? 1450 : 60);
      },
    };
  }

  /** Geometry of the selected thing: its rings, or its position. */
  function ringOf(selected) {
    if (!selected) return null;
    const layers = state.layers.filter(one => one.json.layer === selected.layer && !one.labels && one.tables.names.text.id);
    for (const layer of layers.sort((a, b) => (a.tables.shapes.start ? 0 : 1) - (b.tables.shapes.start ? 0 : 1))) {
      const {shapes, names, row} = layer.tables, wanted = names.text.id.indexOf(selected.id), items = [];
      for (let i = 0; wanted >= 0 && i < shapes.parts; i++) {
        if (row(i) !== wanted) continue;
        const [from, to] = shapes.start ? [shapes.start[i], shapes.start[i + 1]] : [i, i + 1], path = [];
        for (let j = from; j < to; j++) path.push([shapes.xy[2 * j], shapes.xy[2 * j + 1]]);
        items.push(shapes.start ? path : path[0]);
      }
      if (items.length) return {paths: !!shapes.start, items};
    }
    return null;
  }

  // ---- showing a spec

  async function show(spec) {
    if (!spec) return;
    const seq = ++state.seq;
    try {
      const all = await Promise.all(spec.layers.map(async json => {
        const tables = await Fangyi.tables(json.data);
        return {json, tables, labels: json['@@type'] === 'TextLayer' ? labelled(json, tables) : null, props: null};
      }));
      const layers = all.filter(layer => layer.tables.shapes.parts > 0); // deck.gl refuses polygons without a vertex
      if (seq !== state.seq) return; // a newer one is on its way
      Object.assign(state, {spec, layers});
      if (spec.selected) state.picked = spec.selected;
      mount();
      await state.engine.loaded;
      if (seq !== state.seq) return;
      const moved = spec.viewKey !== state.viewKey;
      if (moved) tilted(spec.camera.pitch || 0);
      dress();
      if (moved) Object.assign(state, {gap: insets(), touched: false});
      const first = spec.selected && state.viewKey === null ? beside(spec.selected) : null;
      state.engine.move(moved ? first || placed(spec.camera) : null, insets(), moved && state.viewKey !== null);
      state.viewKey = spec.viewKey;
      choose();
      state.engine.render();
      marks();
      address();
      requestAnimationFrame(() => requestAnimationFrame(() => { Fangyi.ready += 1; }));
    } catch (error) { fail(error); }
  }

  function dress() { for (const layer of state.layers) if (!layer.labels) layer.props = properties(layer.json, layer.tables); }

  /** Says whether the map went from flat to tilted or back. */
  function tilted(pitch) { const flat = pitch < 8, before = state.flat; state.flat = flat; return flat !== before; }

  function mount() {
    const parent = document.getElementById('map');
    if (state.engine && state.parent === parent) return;
    Object.assign(state, {parent, viewKey: null, engine: !PLAIN && window.deck && hasWebgl() ? webgl(parent) : Fangyi.plain(parent, {state, report, properties, ringOf, column, soon, choose})});
    parent.classList.add('mounted');
  }

  function hasWebgl() {
    try { return !!document.createElement('canvas').getContext('webgl2'); } catch (_) { return false; }
  }

  /** Pixels of the map that panels cover, by side. */
  function insets() {
    const map = document.getElementById('map').getBoundingClientRect(), found = {left: 0, right: 0, top: 0, bottom: 0};
    for (const part of document.querySelectorAll('[data-inset]')) {
      const box = part.getBoundingClientRect(), side = part.dataset.inset;
      const overlaps = box.width && box.height && box.left < map.right && box.right > map.left && box.top < map.bottom && box.bottom > map.top;
      if (!overlaps) continue;
      const covered = {left: box.right - map.left, right: map.right - box.left, top: box.bottom - map.top, bottom: map.bottom - box.top}[side];
      found[side] = Math.max(found[side], Math.min(covered, (side === 'left' || side === 'right' ? map.width : map.height) * 0.45));
    }
    return found;
  }

  /** A camera made for the free middle of a 1920 x 1080 screen, on this screen. */
  function placed(camera) {
    const map = document.getElementById('map').getBoundingClientRect(), gap = insets();
    const wide = Math.max(map.width - gap.left - gap.right, 160), high = Math.max(map.height - gap.top - gap.bottom, 160);
    return {...camera, zoom: camera.zoom + Math.log2(Math.min(wide / FREE[0], high / FREE[1]))};
  }

  // ---- talking with the page

  function report(hit) {
    const id = hit && hit.layer.tables.names.text.id ? hit.layer.tables.names.text.id[hit.row] : '';
    Fangyi.send('map-event', {layer: hit ? hit.layer.json.layer : '', id, t: Date.now()});
  }

  function marks() {
    for (const button of document.querySelectorAll('[data-layer]')) button.setAttribute('aria-pressed', String(!state.hidden.has(button.dataset.layer)));
  }
  document.addEventListener('click', event => {
    const button = event.target.closest && event.target.closest('[data-layer]');
    if (!button) return;
    const key = button.dataset.layer;
    state.hidden.has(key) ? state.hidden.delete(key) : state.hidden.add(key);
    marks();
    if (state.engine) { choose(); state.engine.render(); }
  });
  // Panels may come after the map: until somebody has moved it, it makes room for them.
  const makeRoom = soon(() => {
    if (!state.gap || state.touched) return; // nothing is drawn yet, or a person chose where to look
    const now = insets(), before = state.gap;
    if (Object.keys(now).some(side => Math.abs(now[side] - before[side]) > 40)) Fangyi.refit();
  }, 300);
  new MutationObserver(() => { if (state.hidden.size) marks(); makeRoom(); }).observe(document.documentElement, {childList: true, subtree: true});

  function soon(work, wait) { let timer; return () => { clearTimeout(timer); timer = setTimeout(work, wait); }; }
  function fail(error) { const message = String((error && error.message) || error); Fangyi.errors.push(message); console.error('Fangyi:', message); }
  Fangyi.fail = fail;
  Fangyi.refit = soon(() => { if (state.spec) { state.viewKey = null; show(state.spec); } }, 250);
  Fangyi.show = show;

  /** Rings {layer, id}, or nothing when the id is empty; what was not chosen on the map itself is flown to. */
  Fangyi.select = picked => {
    state.picked = picked && picked.id ? picked : null;
    if (!state.engine || !state.layers.length) return;
    address();
    state.engine.render();
    const camera = state.picked && picked.from !== 'map' ? beside(state.picked) : null;
    if (!camera) return;
    state.touched = true;
    state.engine.move(camera, insets(), true);
  };

  /**
   * Other values for columns of layers, until the next spec comes; all are drawn at once.
   * columns  {layer key: {column: {values, size}}}, one value a row of the layer's own tables
   */
  Fangyi.restyle = columns => {
    if (!state.engine || !state.spec) return;
    const mark = `#${(state.restyled = (state.restyled || 0) + 1)}`;
    for (const layer of state.layers) {
      const given = columns[layer.json.layer], rest = (layer.rest = layer.rest || layer.tables);
      if (!given || layer.labels) continue;
      const column = name => given[name] || rest.column(name);
      const value = (name, row) => (given[name] ? given[name].values[row * given[name].size] : rest.value(name, row));
      layer.tables = {...rest, style: {...rest.style, url: rest.style.url + mark}, column, value};
    }
    dress();
    state.engine.render();
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
    history.replaceState(history.state, '', url.pathname + url.search.replaceAll('%3A', ':').replaceAll('%2F', '/'));
  }

  const dash = (window.dash_clientside = window.dash_clientside || {});
  dash.fangyi = Object.assign(dash.fangyi || {}, {show: spec => { show(spec); return window.dash_clientside.no_update; }});
})();
