/* The map of the page: which map, which district, legend that filters, card of what lies under the pointer, moving, paper. */
(async function () {
  const Fangyi = window.Fangyi, {make, words} = Fangyi, told = Fangyi.told, place = document.getElementById('canvas');
  if (!told || !told.maps.length || !place) return;
  place.replaceChildren();
  const over = Fangyi.svg('svg', place, {class: 'marks'}), card = make('div', 'tip', place);
  const which = document.getElementById('which'), focus = document.getElementById('focus'), things = told.things;
  const hidden = new Set();
  let engine = null, scene = null, view = null;

  const number = value => (value === null || value === undefined ? '–' : Number(value).toLocaleString('en-US'));
  const size = () => ({w: place.clientWidth || 900, h: place.clientHeight || 560});

  /** A map as it is drawn: classes split into what the chosen district holds and the rest, without what is hidden. */
  function made(map, district, off) {
    const inside = row => district < 0 || held(district).has(row);
    const fills = map.fills.filter(one => !off.has(one.text)).map(one => ({...one, near: one.rows.filter(inside), far: one.rows.filter(row => !inside(row))}));
    const {w, h} = size(), box = district >= 0 ? Fangyi.boxes.districts[district] : map.box.length ? map.box : [113.7, 29.9, 115.1, 31.4];
    return {...map, fills, focus: district, spots: [], view: Fangyi.fit(box, w, h)};
  }
  const sets = new Map();
  function held(district) {
    if (!sets.has(district)) {
      const mine = new Set(), name = things.districts.name[district];
      things.compounds.place.forEach((text, row) => { if (text.split(' · ')[0] === name) mine.add(row); });
      sets.set(district, mine);
    }
    return sets.get(district);
  }

  function draw() { engine.draw(view); Fangyi.marks(over, scene, view); card.hidden = true; }
  function show(keep) {
    const map = told.maps.find(one => one.key === which.value), was = view;
    scene = made(map, Number(focus.value), hidden);
    view = keep && was ? {...was, ...size()} : scene.view;
    engine.build(scene);
    legend(map);
    draw();
  }

  function legend(map) {
    const list = document.getElementById('legend');
    list.replaceChildren();
    for (const entry of map.legend) {
      const fill = map.fills.find(one => one.text === entry.text), item = make('li', '', list), row = make(fill ? 'button' : 'span', 'entry', item);
      const sign = Fangyi.svg('svg', row, {viewBox: '-12 -9 24 18', width: 24, height: 18, 'aria-hidden': 'true'});
      Fangyi.sign(sign, entry.shape, Math.min(entry.size, 7.5), entry.colour, entry.edge, 0, 0);
      make('span', '', row, entry.text);
      const mine = fill && scene.focus >= 0 ? fill.rows.filter(one => held(scene.focus).has(one)).length : null;
      make('b', '', row, mine === null ? entry.count : number(mine));
      if (!fill) continue;
      row.type = 'button';
      row.setAttribute('aria-pressed', String(!hidden.has(entry.text)));
      row.onclick = () => { if (!hidden.delete(entry.text)) hidden.add(entry.text); show(true); };
    }
  }

  function tell(event) {
    const box = place.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top, found = Fangyi.under(scene, view, x, y);
    card.hidden = !found;
    if (!found) return;
    const of = things[found.layer];
    card.replaceChildren();
    make('b', '', card, of.name[found.row]);
    for (const text of [found.text, of.place[found.row]]) if (text) make('span', '', card, text);
    for (const [name, values] of Object.entries(of.figures)) make('span', '', card, `${name} ${number(values[found.row])}`);
    make('small', '', card, [...document.querySelectorAll('.clocks span')].map(one => one.textContent).join(' · '));
    card.style.left = `${Math.min(x + 14, view.w - 240)}px`;
    card.style.top = `${Math.max(4, Math.min(y + 14, view.h - 130))}px`;
  }

  function zoom(by, x, y) {
    const before = Fangyi.unproject(view, x, y);
    view = {...view, zoom: Math.max(6, Math.min(17, view.zoom + by))};
    const after = Fangyi.unproject(view, x, y);
    view = {...view, lon: view.lon + before[0] - after[0], lat: view.lat + before[1] - after[1]};
    draw();
  }
  function pan(dx, dy) {
    const [lon, lat] = Fangyi.unproject(view, view.w / 2 - dx, view.h / 2 - dy);
    view = {...view, lon, lat};
    draw();
  }

  let from = null;
  place.addEventListener('pointerdown', event => { from = [event.clientX, event.clientY]; place.setPointerCapture(event.pointerId); });
  place.addEventListener('pointerup', event => { from = null; tell(event); });
  place.addEventListener('pointermove', event => {
    if (!from) return tell(event);
    pan(event.clientX - from[0], event.clientY - from[1]);
    from = [event.clientX, event.clientY];
  });
  place.addEventListener('pointerleave', () => { card.hidden = true; });
  place.addEventListener('wheel', event => {
    event.preventDefault();
    const box = place.getBoundingClientRect();
    zoom(-event.deltaY / 300, event.clientX - box.left, event.clientY - box.top);
  }, {passive: false});
  const KEYS = {ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60]};
  place.addEventListener('keydown', event => {
    const by = {'+': 0.5, '=': 0.5, '-': -0.5}[event.key];
    if (KEYS[event.key]) pan(...KEYS[event.key]); else if (by) zoom(by, view.w / 2, view.h / 2); else if (event.key === 'Home') show(); else return;
    event.preventDefault();
  });
  for (const button of document.querySelectorAll('[data-zoom]')) button.onclick = () => (button.dataset.zoom === '0' ? show() : zoom(Number(button.dataset.zoom), view.w / 2, view.h / 2));
  for (const button of document.querySelectorAll('[data-map]')) button.onclick = () => {
    which.value = button.dataset.map;
    which.onchange();
    document.getElementById('map-frame').scrollIntoView({block: 'start'});
    place.focus({preventScroll: true});
  };

  for (const map of told.maps) make('option', '', which, map.title).value = map.key;
  make('option', '', focus, words.all).value = '-1';
  things.districts.name.forEach((name, row) => { make('option', '', focus, name).value = String(row); });
  which.value = (told.maps.find(one => one.fills.length) || told.maps[0]).key; // what compounds are to do comes first
  which.onchange = () => {
    hidden.clear();
    const map = told.maps.find(one => one.key === which.value);
    focus.value = String(map.area ? things.districts.id.indexOf(map.area) : -1);
    show();
  };
  focus.onchange = () => show();
  new ResizeObserver(() => { if (engine && view && (view.w !== place.clientWidth || view.h !== place.clientHeight)) show(true); }).observe(place);

  function onPaper() { // every map as plain shapes, in its own place
    for (const holder of document.querySelectorAll('[data-paper]')) {
      const map = told.maps.find(one => one.key === holder.dataset.paper), one = made(map, map.area ? things.districts.id.indexOf(map.area) : -1, new Set());
      one.view = Fangyi.fit(one.focus >= 0 ? Fangyi.boxes.districts[one.focus] : map.box, 960, 560);
      holder.replaceChildren();
      const drawn = Fangyi.plain(holder);
      drawn.build(one);
      drawn.draw(one.view);
      Fangyi.marks(Fangyi.svg('svg', holder, {class: 'marks'}), one, one.view);
    }
  }
  addEventListener('beforeprint', onPaper);
  addEventListener('afterprint', () => { for (const holder of document.querySelectorAll('[data-paper]')) holder.replaceChildren(); });

  function plainly() {
    engine = Fangyi.plain(place);
    Fangyi.engine = 'plain';
    document.getElementById('engine').textContent = words.flat;
    which.onchange();
  }
  const failed = error => { Fangyi.errors.push(String(error)); for (const one of place.querySelectorAll('canvas')) one.remove(); plainly(); };
  engine = location.hash === '#plain' ? null : await Fangyi.webgl(place, failed).catch(() => null);
  if (!engine) return plainly();
  Fangyi.engine = 'webgl';
  which.onchange();
})();
