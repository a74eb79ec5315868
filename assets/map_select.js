/* Several compounds at once: a box (shift and drag) or a lasso, what they add up to, and the way to act on them.
   The selection lives in this browser and in the fragment of the address, which no server is ever sent. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const state = (Fangyi.map = Fangyi.map || {});
  const LISTED = 60, RINGED = 2500, MOST = 2000;
  const many = {ids: [], mode: null, trail: null};
  state.many = many;
  const say = (key, values) => Fangyi.say(`browser.select.${key}`, values);
  const compounds = () => state.layers.find(one => one.json.layer === 'compounds' && one.tables.names.text.id);

  // ---- drawing the box or the lasso

  const SVG = 'http://www.w3.org/2000/svg';
  const sheet = document.createElementNS(SVG, 'svg'), shape = document.createElementNS(SVG, 'polygon');
  sheet.setAttribute('class', 'map-lasso');
  sheet.append(shape);

  Fangyi.selectMode = function (mode) {
    many.mode = many.mode === mode ? null : mode;
    document.documentElement.classList.toggle('map-drawing', !!many.mode);
    Fangyi.emit('mode');
  };

  function begin(event) {
    const map = document.getElementById('map');
    if (event.button !== 0 || !map || !map.contains(event.target) || !(many.mode || event.shiftKey) || !compounds()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!sheet.isConnected) map.append(sheet);
    const box = map.getBoundingClientRect(), at = e => [e.clientX - box.left, e.clientY - box.top], mode = many.mode || 'box';
    many.trail = [at(event)];
    state.touched = true;
    const move = e => {
      const now = at(e), first = many.trail[0];
      if (mode === 'box') many.trail = [first, [now[0], first[1]], now, [first[0], now[1]]].map((one, i) => (i === 0 ? first : one));
      else if (Math.hypot(now[0] - many.trail[many.trail.length - 1][0], now[1] - many.trail[many.trail.length - 1][1]) > 4) many.trail.push(now);
      shape.setAttribute('points', many.trail.map(one => one.join()).join(' '));
      e.stopImmediatePropagation();
    };
    const end = e => {
      removeEventListener('pointermove', move, true);
      removeEventListener('pointerup', end, true);
      e.stopImmediatePropagation();
      shape.setAttribute('points', '');
      const trail = many.trail;
      many.trail = null;
      if (many.mode) Fangyi.selectMode(many.mode);
      if (trail.length > 2) choose(within(trail), e.ctrlKey || e.metaKey);
    };
    addEventListener('pointermove', move, true);
    addEventListener('pointerup', end, true);
  }
  addEventListener('pointerdown', begin, true);

  /** Compounds whose middle lies in a polygon of screen pixels; of a filtered legend only those that stay bright. */
  function within(polygon) {
    const {tables} = compounds(), ids = tables.names.text.id, viewport = state.engine.viewport(), found = [];
    const filter = Fangyi.filterOf('compounds'), classes = filter && Fangyi.classesOf(compounds());
    for (let row = 0; row < ids.length; row++) {
      if (classes && !filter.has(classes[row])) continue;
      const at = Fangyi.centreOf(tables, row);
      if (at && inside(viewport.project(at), polygon)) found.push(ids[row]);
    }
    return found;
  }
  function inside([x, y], polygon) {
    let within_ = false;
    for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
      const [ax, ay] = polygon[i], [bx, by] = polygon[j];
      if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) within_ = !within_;
    }
    return within_;
  }

  // ---- what is selected

  function choose(ids, add) {
    const next = [...new Set(add ? [...many.ids, ...ids] : ids)];
    if (next.length > MOST) return Fangyi.tell(say('many', {n: Fangyi.number(MOST)}));
    if (!next.length) Fangyi.tell(say('none'));
    many.ids = next;
    fragment();
    told();
    Fangyi.send('selection', {ids: next});
    Fangyi.redraw();
  }
  Fangyi.selectMany = choose;
  Fangyi.clearMany = () => choose([], false);

  /** The selection stands in the fragment beside the filters of tables, which are others' to write. */
  const others = () => location.hash.slice(1).split('&').filter(one => one && !one.startsWith('sel='));
  function fragment() {
    const mine = many.ids.length ? ['sel=' + Fangyi.shortened(many.ids)] : [], wanted = [...others(), ...mine].join('&');
    if (location.hash.slice(1) === wanted) return;
    history.replaceState(history.state, '', location.pathname + location.search + (wanted && '#' + wanted));
  }
  Fangyi.on('room', () => { if (many.ids.length && !location.hash.includes('sel=')) fragment(); }); // a filter of a table has written the address anew

  let restored = false;
  function restore() {
    const given = /[#&]sel=([^&]+)/.exec(location.hash);
    if (restored || !compounds()) return;
    restored = true;
    if (!given) return;
    const known = new Set(compounds().tables.names.text.id), ids = Fangyi.lengthened(given[1]).filter(id => known.has(id));
    if (ids.length) choose(ids, false);
  }

  Fangyi.extra(() => {
    const layer = many.ids.length && compounds();
    if (!layer) return [];
    const {tables} = layer, at = new Map(tables.names.text.id.map((id, row) => [id, row])), colour = Fangyi.colour('chosen'), k = (Fangyi.scale || 1) * (Fangyi.seenZoom() < 13 ? 0.55 : 1); // from afar thick lines would hide what they mark
    const rows = many.ids.slice(0, RINGED).map(id => at.get(id)).filter(row => row !== undefined);
    if (tables.shapes.start) return [{id: 'many', kind: 'lines', over: true, items: rows.flatMap(row => Fangyi.pathsOf(tables, row).map(path => ({path, colour, width: 1.6 * k})))}];
    return [{id: 'many', kind: 'circles', over: true, items: rows.map(row => ({at: Fangyi.centreOf(tables, row), r: 6 * k, line: colour, width: 1.6 * k}))}];
  });

  // ---- the panel

  function part(tag, name, text) {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (text !== undefined) made.textContent = text;
    if (tag === 'button') made.type = 'button';
    return made;
  }

  function sum(rows, values) { return rows.reduce((all, row) => (Number.isFinite(values[row]) ? all + values[row] : all), 0); }

  function told() {
    const panel = document.getElementById('selection-panel'), place = document.getElementById('selection-told'), layer = compounds();
    if (!panel || !place) return;
    panel.hidden = !many.ids.length || !layer;
    if (panel.hidden) return place.replaceChildren();
    const {tables} = layer, index = new Map(tables.names.text.id.map((id, row) => [id, row])), rows = many.ids.map(id => index.get(id)).filter(row => row !== undefined);
    const value = tables.column('confirmed_now'), residents = state.levels ? state.levels.members.columns.residents : null;
    const head = part('div', 'selection-head'), facts = part('dl', 'facts'), list = part('ol', 'selection-list'), tools = part('div', 'selection-tools');
    head.append(part('h2', '', say('title', {n: Fangyi.number(many.ids.length)})));
    const close = part('button', 'close', '×');
    close.setAttribute('aria-label', say('close'));
    close.addEventListener('click', Fangyi.clearMany);
    head.append(close);
    const fact = (label, number) => facts.append(part('dt', '', label), part('dd', '', number === null ? '–' : say('persons', {n: Fangyi.number(number)})));
    fact(say('cases'), value ? sum(rows, value.values) : null);
    fact(say('residents'), residents ? sum(rows, residents.values) : null);
    list.setAttribute('aria-label', say('list'));
    const shown = value ? [...rows].sort((a, b) => value.values[b] - value.values[a]) : rows;
    for (const row of shown.slice(0, LISTED)) {
      const item = part('li'), button = part('button', '', tables.names.text.name[row]);
      button.addEventListener('click', () => Fangyi.send('pick', {layer: 'compounds', id: tables.names.text.id[row], from: 'list'}));
      item.append(button, part('span', '', value ? Fangyi.number(value.values[row]) : '–'));
      list.append(item);
    }
    if (shown.length > LISTED) list.append(part('li', 'more', say('more', {n: Fangyi.number(shown.length - LISTED)})));
    const copy = part('button', 'quiet', say('copy')), clear = part('button', 'quiet', say('clear'));
    copy.addEventListener('click', async () => { await Fangyi.copy(location.href); copy.textContent = say('copied'); });
    clear.addEventListener('click', Fangyi.clearMany);
    tools.append(copy, clear);
    place.replaceChildren(head, facts, list, tools);
  }

  /** Puts a text where it can be pasted; without the right to, it is shown to be copied by hand. */
  Fangyi.copy = async text => {
    try { await navigator.clipboard.writeText(text); } catch (_) { window.prompt(say('by_hand'), text); }
  };

  Fangyi.on('spec', () => { restore(); told(); if (many.ids.length) Fangyi.send('selection', {ids: many.ids}); });
  addEventListener('keydown', event => {
    if (event.key !== 'Escape' || document.querySelector('.order-dialog')) return;
    if (many.mode) Fangyi.selectMode(many.mode);
    else if (many.ids.length && document.getElementById('map').contains(document.activeElement)) Fangyi.clearMany();
  });
})();
