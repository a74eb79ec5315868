/* Which labels may stand: the more important first, none over another. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});

  /** Width of a text in ems; a Chinese character is one em wide. */
  const ems = text => { let sum = 0; for (const c of text) sum += c.codePointAt(0) > 0x2e80 ? 1 : 0.58; return sum; };
  Fangyi.ems = ems;

  /**
   * candidates  [{text, x, y, size, rank, of}] in pixels, rank higher = more important
   * circles     [{x, y, r, of}] that stand whatever is written; a text of less weight than a district's name stands on none but its own (`of`)
   * returns the set of candidates that stand
   */
  Fangyi.declutter = function (candidates, width, height, circles = []) {
    const taken = new Map(), CELL = 96;
    const stands = new Set();
    for (const c of [...candidates].sort((a, b) => b.rank - a.rank)) {
      if (c.x < -60 || c.y < -30 || c.x > width + 60 || c.y > height + 30) continue;
      const w = (ems(c.text) * c.size) / 2 + 5, h = c.size * 0.65 + 3;
      const dx = c.dx || 0, dy = c.dy || 0;
      const box = [c.x + dx - w, c.y + dy - h, c.x + dx + w, c.y + dy + h];
      const covers = one => one.of !== c.of && Math.abs(one.x - (c.x + dx)) < w + 0.7 * one.r && Math.abs(one.y - (c.y + dy)) < h + 0.7 * one.r;
      if (c.rank < 150 && circles.some(covers)) continue;
      const cells = [];
      for (let i = Math.floor(box[0] / CELL); i <= Math.floor(box[2] / CELL); i++)
        for (let j = Math.floor(box[1] / CELL); j <= Math.floor(box[3] / CELL); j++) cells.push(i + ':' + j);
      const hit = cells.some(cell => (taken.get(cell) || []).some(o => box[0] < o[2] && o[0] < box[2] && box[1] < o[3] && o[1] < box[3]));
      if (hit) continue;
      for (const cell of cells) taken.has(cell) ? taken.get(cell).push(box) : taken.set(cell, [box]);
      stands.add(c);
    }
    return stands;
  };

  // ---- candidates: the labels of the layers, then those of streets, hospitals and compounds that the zoom makes room for

  const state = (Fangyi.map = Fangyi.map || {});
  const FONT = '"Noto Sans CJK SC","Source Han Sans SC","Microsoft YaHei","PingFang SC",sans-serif';
  const HOSPITALS_FROM = 11.6, COMPOUNDS_FROM = 14.6, MOST = 400; // zooms on a screen of 1080 lines; candidates of one kind
  Fangyi.mapFont = FONT;

  /** Zoom as it would look on a screen of 1080 lines. */
  Fangyi.seenZoom = () => { const v = state.engine && state.engine.viewport(); return v ? v.zoom - Math.log2(Fangyi.scale || 1) : 9; };

  /** Labels that a TextLayer of the spec asks for. */
  Fangyi.labelled = function (json, tables) {
    const column = Fangyi.column, texts = tables.words(column(json.getText)), size = column(json.getSize), rank = json.getPriority && tables.column(column(json.getPriority));
    const sizes = size && tables.column(size), {xy, parts} = tables.shapes, found = [];
    for (let i = 0; i < parts; i++) {
      const row = tables.row(i);
      if (!texts[row]) continue;
      found.push({i, row, text: texts[row], at: [xy[2 * i], xy[2 * i + 1]], size: sizes ? sizes.values[row] : json.getSize || 14, rank: rank ? rank.values[row] : 50 - row / 1e6});
    }
    return found;
  };

  function named(key, from, size, rank, colour, dy) {
    const layer = state.layers.find(one => one.json.layer === key && one.tables.names.text.name && one.json.pickable);
    if (!layer || Fangyi.seenZoom() < from || !Fangyi.isShown(layer)) return [];
    const {tables} = layer, names = tables.words('name'), viewport = state.engine.viewport(), found = [];
    for (let row = 0; row < names.length && found.length < MOST; row++) {
      const at = Fangyi.centreOf(tables, row);
      if (!at || !names[row]) continue;
      const [x, y] = viewport.project(at);
      if (x < 0 || y < 0 || x > viewport.width || y > viewport.height) continue;
      found.push({text: names[row], at, size, rank: rank - row / 1e6, colour, dy});
    }
    return found;
  }

  const centres = new WeakMap(); // shapes -> row -> [lon, lat] or null
  /** The middle of a row's first part; null where it has no shape. */
  Fangyi.centreOf = function (tables, row) {
    const {shapes} = tables;
    if (!centres.has(shapes)) centres.set(shapes, new Map());
    const kept = centres.get(shapes);
    if (kept.has(row)) return kept.get(row);
    const [i] = Fangyi.partsOf(tables, row);
    let found = null;
    if (i !== undefined) {
      const [from, to] = shapes.start ? [shapes.start[i], shapes.start[i + 1]] : [i, i + 1], closed = to - from > 3 ? 1 : 0;
      let x = 0, y = 0;
      for (let j = from; j < to - closed; j++) { x += shapes.xy[2 * j]; y += shapes.xy[2 * j + 1]; }
      found = [x / (to - from - closed), y / (to - from - closed)];
    }
    kept.set(row, found);
    return found;
  };

  /** Decides which labels stand; true when that changed. */
  Fangyi.chooseLabels = function () {
    const viewport = state.engine && state.engine.viewport();
    if (!viewport) return false;
    const all = [], k = Fangyi.scale || 1, gap = Fangyi.insets();
    const add = (label, owner, dx, dy) => {
      const [x, y] = viewport.project(label.at), half = (ems(label.text) * label.size * k) / 2, high = label.size * k * 0.6;
      if (x - half < gap.left || y - high < gap.top || x + half > viewport.width - gap.right || y + high > viewport.height - gap.bottom) return; // behind a panel
      all.push({label, owner, of: label.of, text: label.text, x, y, dx: dx * k, dy: dy * k, size: label.size * k, rank: label.rank});
    };
    for (const layer of state.layers) {
      if (!layer.labels || !Fangyi.isShown(layer)) continue;
      const offset = Array.isArray(layer.json.getPixelOffset) ? layer.json.getPixelOffset : [0, 0];
      for (const label of layer.labels) add(label, layer, ...offset);
    }
    const more = [...(Fangyi.levelLabels ? Fangyi.levelLabels() : []), ...named('hospitals', HOSPITALS_FROM, 12, 30, 'label', 17), ...named('compounds', COMPOUNDS_FROM, 12, 10, 'street', 0)];
    for (const label of more) add(label, null, 0, label.dy || 0);
    const circles = (Fangyi.levelCircles ? Fangyi.levelCircles() : []).map(one => { const [x, y] = viewport.project(one.at); return {x, y, r: one.r, of: one.id}; });
    const stands = Fangyi.declutter(all, viewport.width, viewport.height, circles);
    let changed = false;
    for (const layer of state.layers.filter(one => one.labels)) {
      const shown = all.filter(c => c.owner === layer && stands.has(c)).map(c => c.label), key = shown.map(label => label.i).join();
      if (key !== layer.shownKey) { layer.shown = shown; layer.shownKey = key; changed = true; }
    }
    const names = all.filter(c => c.owner === null && stands.has(c)).map(c => c.label), key = names.map(label => label.text + label.at + label.size).join();
    if (key !== state.namesKey) { state.names = names; state.namesKey = key; changed = true; }
    return changed;
  };

  const sized = ink => (state.names || []).filter(one => !!one.ink === ink).map(one => ({...one, size: one.size * (Fangyi.scale || 1), dy: (one.dy || 0) * (Fangyi.scale || 1), colour: one.ink || Fangyi.colour(one.colour || 'label')}));
  const names = () => [{id: 'names', kind: 'texts', over: true, items: sized(false)}, {id: 'figures', kind: 'texts', over: true, bare: true, items: sized(true)}]; // figures stand on a colour and need no halo
  (state.extras = state.extras || []).push(names);
})();
