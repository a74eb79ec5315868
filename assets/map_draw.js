/* From the JSON of a layer and its tables to properties of deck.gl: accessors, colours by theme and filter, sizes by screen. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const TYPES = new Set(['SolidPolygonLayer', 'PathLayer', 'ScatterplotLayer', 'ColumnLayer', 'ArcLayer', 'TextLayer']);
  const PLACES = new Set(['getPolygon', 'getPath', 'getPosition', 'getSourcePosition', 'getTargetPosition']);
  const OURS = new Set(['@@type', 'data', 'layer', 'hover', 'title', 'card', 'getPriority']);
  const PIXELS = ['radiusMinPixels', 'radiusMaxPixels', 'widthMinPixels', 'widthMaxPixels', 'lineWidthMinPixels', 'lineWidthMaxPixels', 'sizeMinPixels', 'sizeMaxPixels', 'outlineWidth'];
  const ON_GROUND = {depthCompare: 'always', depthWriteEnabled: false}; // flat layers share one height: drawn in order, they do not flicker
  const DIMMED = 0.14; // of its opacity is left to what a filter takes out
  const state = (Fangyi.map = Fangyi.map || {});

  const column = value => (typeof value === 'string' && value.startsWith('@@=') ? value.slice(3).trim() : null);
  Fangyi.column = column;

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

  const where = new WeakMap(); // shapes -> row -> its parts
  /** Positions of a row's parts among the shapes. */
  Fangyi.partsOf = function (tables, row) {
    const {shapes} = tables;
    if (!shapes.row) return row < shapes.parts ? [row] : [];
    if (!where.has(shapes)) {
      const found = new Map();
      shapes.row.forEach((one, i) => { found.has(one) ? found.get(one).push(i) : found.set(one, [i]); });
      where.set(shapes, found);
    }
    return where.get(shapes).get(row) || [];
  };

  // ---- classes of the legend

  const classed = new WeakMap(); // column -> {of, classes}
  /** Class of each row by the colour in a column: position in the legend, 255 for none. Alpha does not matter. */
  function classesIn(found, legend) {
    const kept = classed.get(found);
    if (kept && kept.of === legend.key) return kept.classes;
    const rows = found.values.length / 4, classes = new Uint8Array(rows).fill(255), by = new Map(legend.rows.map((row, i) => [row.colour.slice(0, 3).join(), i]));
    let any = false;
    for (let i = 0; i < rows; i++) {
      const at = by.get(`${found.values[4 * i]},${found.values[4 * i + 1]},${found.values[4 * i + 2]}`);
      if (at !== undefined) { classes[i] = at; any = true; }
    }
    const result = any ? classes : null;
    classed.set(found, {of: legend.key, classes: result});
    return result;
  }

  function legendOf(key) {
    const rows = state.spec && state.spec.classes && state.spec.classes[key];
    return rows ? {rows, key: key + JSON.stringify(rows.map(row => row.colour))} : null;
  }

  /** Classes of the rows of a drawn layer: by its own colours, else by those of the topic's main one; null where the legend has none. */
  Fangyi.classesOf = function (layer) {
    const legend = legendOf(layer.json.layer);
    if (!legend) return null;
    for (const one of [layer, ...state.layers.filter(other => other.json.layer === layer.json.layer && other !== layer)]) {
      for (const option of ['getFillColor', 'getLineColor', 'getColor']) {
        const name = column(one.json[option]), found = name && one.tables.column(name);
        const classes = found && found.size === 4 && classesIn(found, legend);
        if (classes) return classes;
      }
    }
    return null;
  };

  // ---- accessors

  /** Accessor that reads a style column by row; called by deck.gl with (object, {index, target}). */
  function accessor(layer, name) {
    const {tables} = layer, found = tables.column(name), words = tables.words(name);
    if (words) return (_, info) => String(words[tables.row(info.index)] ?? '');
    if (!found) throw new Error(`column ${name} is not in ${tables.style.url}`);
    if (found.size === 1) return (_, info) => { const v = found.values[tables.row(info.index)]; return Number.isFinite(v) ? v : 0; };
    return coloured(layer, found.values);
  }

  /** Colour of a row in the present theme; what a filter takes out keeps a trace. */
  function coloured(layer, values) {
    const {tables} = layer, filter = Fangyi.filterOf ? Fangyi.filterOf(layer.json.layer) : null, classes = filter && Fangyi.classesOf(layer);
    return (_, info) => {
      const row = tables.row(info.index), at = row * 4, target = info.target;
      Fangyi.themed(values, at, target);
      if (classes && !filter.has(classes[row])) target[3] *= DIMMED;
      return target;
    };
  }

  function scaled(type, props) {
    const k = Fangyi.scale || 1;
    if (k === 1) return props;
    for (const name of PIXELS) if (props[name]) props[name] *= k;
    if (type === 'TextLayer') props.sizeScale = (props.sizeScale || 1) * k;
    if (type === 'ArcLayer' || props.widthUnits === 'pixels') props.widthScale = (props.widthScale || 1) * k;
    if (type === 'ColumnLayer' && props.radiusUnits === 'pixels') props.radius = (props.radius || 1) * k; // it has no scale of its own
    else if (props.radiusUnits === 'pixels') props.radiusScale = (props.radiusScale || 1) * k;
    if (props.lineWidthUnits === 'pixels') props.lineWidthScale = (props.lineWidthScale || 1) * k;
    return props;
  }

  const isColour = value => Array.isArray(value) && value.length >= 3 && value.every(Number.isFinite);

  Fangyi.properties = function (layer) {
    const {json, tables} = layer, type = json['@@type'], props = {updateTriggers: {}};
    if (!TYPES.has(type)) throw new Error(`layer type ${type} is not drawn here`);
    const look = [Fangyi.theme(), Fangyi.filterKey ? Fangyi.filterKey(json.layer) : ''].join();
    for (const [option, value] of Object.entries(json)) {
      const name = column(value);
      if (OURS.has(option)) continue;
      if (name === null) props[option] = isColour(value) && /Color$/.test(option) ? Fangyi.themed(value, 0, []) : value;
      else if (PLACES.has(option)) { if (option !== 'getTargetPosition') props.data = dataOf(tables.shapes, option); }
      else { props[option] = accessor(layer, name); props.updateTriggers[option] = tables.style.url + look; }
    }
    for (const option of Object.keys(props)) if (isColour(props[option]) && /^get/.test(option)) props.updateTriggers[option] = look;
    if (type === 'SolidPolygonLayer') Object.assign(props, {_normalize: false, _windingOrder: 'CW'});
    if (type === 'PathLayer') props._pathType = 'open';
    if (!props.extruded && type !== 'ArcLayer') props.parameters = {...ON_GROUND, ...props.parameters};
    if (props.extruded) {
      props.extruded = !state.flat; // seen from straight above, walls would only lean into the neighbours
      props.material = props.material || {ambient: 0.78, diffuse: 0.34, shininess: 8, specularColor: [24, 28, 32]}; // near the colours of the legend
    }
    return scaled(type, props);
  };

  Fangyi.dress = () => { for (const layer of state.layers) if (!layer.labels) layer.props = Fangyi.properties(layer); };

  /** Whether a layer is drawn now: not switched off, and not what a level stands for. */
  Fangyi.isShown = layer => !state.hidden.has(layer.json.layer) && !(Fangyi.standsFor && Fangyi.standsFor(layer.json.layer) === 0);
  /** Opacity of a layer: what a person chose times what the level leaves. */
  Fangyi.opacityOf = layer => (Fangyi.chosenOpacity ? Fangyi.chosenOpacity(layer.json.layer) : 1) * (Fangyi.standsFor ? Fangyi.standsFor(layer.json.layer) : 1);
  /** Drawn layers, lowest first, in the order that a person chose. */
  Fangyi.inOrder = () => (Fangyi.chosenOrder ? Fangyi.chosenOrder(state.layers) : state.layers);
})();
