/* Districts and streets instead of compounds from afar: adds up the style of the compounds, so that each level equals the one beneath. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const state = (Fangyi.map = Fangyi.map || {});
  const STREETS_FROM = 10.3, COMPOUNDS_FROM = 11.75; // zooms on a screen of 1080 lines
  const LARGEST = {district: 30, street: 22}, SMALLEST = 3.5; // radius in pixels of the largest and the least circle
  const own = {chosen: 'auto', sums: null, now: 'compound'};
  state.level = own;
  const say = (key, values) => Fangyi.say(`browser.level.${key}`, values);
  const NAME = {auto: () => say('auto'), district: () => say('district'), street: () => say('street'), compound: () => say('compound')};
  const HEAD = {district: n => say('head_district', {n}), street: n => say('head_street', {n}), compound: n => say('head_compound', {n})};

  /** Fetches the tables of levels; null where a page has none. */
  Fangyi.readLevels = async function (json) {
    if (!json) return null;
    const [members, streets, districts] = await Promise.all(['members', 'streets', 'districts'].map(name => Fangyi.table(json[name])));
    return {...json, members, street: streets, district: districts};
  };

  const compounds = () => state.layers.find(one => one.json.layer === 'compounds' && one.tables.names.text.id);

  /** The level that is drawn now. A tilted map shows the compounds themselves: their height is its message. */
  function level() {
    if (!state.levels || !compounds()) return 'compound';
    if (own.chosen !== 'auto') return own.chosen;
    if (!state.flat) return 'compound';
    const zoom = Fangyi.seenZoom();
    return zoom < STREETS_FROM ? 'district' : zoom < COMPOUNDS_FROM ? 'street' : 'compound';
  }
  Fangyi.level = level;

  /** What is counted: compounds of a class where proposals colour them, else persons. */
  function wanted() {
    const filter = Fangyi.filterOf && Fangyi.filterOf('compounds');
    const counted = state.spec.counted && !state.counting;
    return {counts: !counted, classes: filter || (counted ? new Set([0]) : null)};
  }

  /** Sums by street and by district: {n, members, residents}, worked out anew when style or filter changed. */
  function sums() {
    const layer = compounds(), {counts, classes} = wanted();
    const key = [layer.tables.style.url, state.levels.members.url, counts, classes ? [...classes].join() : '', state.hidden.has('compounds')].join();
    if (own.sums && own.sums.key === key) return own.sums;
    const members = state.levels.members.columns, found = {key, counts, classes, total: 0};
    const value = layer.tables.column(state.levels.value), own_class = classes && Fangyi.classesOf(layer);
    for (const name of ['street', 'district']) {
      const index = members[name].values, n = new Float64Array(state.levels[name].length), all = new Float64Array(n.length);
      for (let row = 0; row < index.length; row++) {
        all[index[row]] += 1;
        if (!own_class || classes.has(own_class[row])) n[index[row]] += counts ? value.values[row] : 1;
      }
      found[name] = {n, all};
      found.total = n.reduce((a, b) => a + b, 0);
    }
    return (own.sums = found);
  }
  Fangyi.levelSums = () => (state.levels && compounds() ? sums() : null);

  /** How much of a layer a level leaves: 0 none, 1 all. Compounds stay as a faint ground of their street. */
  Fangyi.standsFor = function (key) {
    const now = own.now;
    if (now === 'compound') return 1;
    if (key === 'cases') return 0;
    if (key === 'labels') return now === 'district' ? 0 : 1; // the circles bear the names themselves
    if (key === 'hospitals') return now === 'district' ? 0.4 : 1;
    return key === 'compounds' ? (now === 'street' ? 0.24 : 0.1) : 1;
  };

  const rateClass = rate => state.levels.rate.edges.filter(edge => rate >= edge).length;

  /** Circles of the level: places with their count, residents, box. */
  function places() {
    const now = own.now;
    if (now === 'compound' || state.hidden.has('compounds')) return [];
    const table = state.levels[now], {n, all} = sums()[now], {counts, classes} = sums(), k = Fangyi.scale || 1;
    const get = name => table.columns[name].values, most = Math.max(...n, 1), legend = state.spec.classes.compounds || [];
    const only = classes && classes.size === 1 ? legend[[...classes][0]] : null, found = [];
    for (let i = 0; i < table.length; i++) {
      const at = [get('lon')[i], get('lat')[i]];
      if (!Number.isFinite(at[0]) || !n[i]) continue;
      const residents = get('residents')[i], rate = counts && residents > 0 ? (n[i] / residents) * 1e4 : null;
      const colour = counts ? (rate === null ? [110, 118, 128, 255] : state.levels.rate.colours[rateClass(rate)]) : only ? only.colour : [150, 170, 190, 230];
      found.push({level: now, i, id: table.text.id[i], name: table.text.name[i] || '–', at, n: n[i], all: all[i], residents, rate, fill: Fangyi.themed(colour, 0, []),
        r: Math.max(SMALLEST, LARGEST[now] * Math.sqrt(n[i] / most)) * k, get box() { return boxOf(now, i); }});
    }
    return found.sort((a, b) => b.n - a.n);
  }
  Fangyi.levelPlaces = places;

  const boxes = new Map();
  /** West, south, east, north of the compounds of a street or district. */
  function boxOf(name, i) {
    const {tables} = compounds(), key = [tables.shapes.url, name, i].join(), index = state.levels.members.columns[name].values;
    if (boxes.has(key)) return boxes.get(key);
    const box = [180, 90, -180, -90];
    for (let row = 0; row < index.length; row++) {
      const at = index[row] === i && Fangyi.centreOf(tables, row);
      if (at) { box[0] = Math.min(box[0], at[0]); box[1] = Math.min(box[1], at[1]); box[2] = Math.max(box[2], at[0]); box[3] = Math.max(box[3], at[1]); }
    }
    boxes.set(key, box);
    return box;
  }
  Fangyi.membersOf = function (name, id) {
    if (!state.levels || !compounds()) return [];
    const i = state.levels[name].text.id.indexOf(id), index = state.levels.members.columns[name].values, ids = compounds().tables.names.text.id;
    return i < 0 ? [] : ids.filter((_, row) => index[row] === i);
  };

  Fangyi.extra(() => {
    if (!state.levels || own.now === 'compound') return [];
    return [{id: 'levels', kind: 'circles', pickable: true, items: own.places.map(one => ({at: one.at, r: one.r, fill: one.fill, line: Fangyi.colour('edge'), width: 1.2 * (Fangyi.scale || 1), place: one}))}];
  });

  Fangyi.levelCircles = () => (!state.levels || own.now === 'compound' ? [] : own.places);

  Fangyi.levelLabels = function () {
    if (!state.levels || own.now === 'compound') return [];
    const k = Fangyi.scale || 1;
    return own.places.flatMap(one => {
      const high = one.r / k, size = Math.min(15, Math.max(10.5, high * 0.62)), share = one.n / (own.places[0].n || 1);
      const figure = high > 8.5 ? [{text: Fangyi.number(one.n), at: one.at, size, rank: 200 + share, ink: Fangyi.inkOn(one.fill)}] : [];
      const name = one.level === 'street' ? [{text: one.name, at: one.at, of: one.id, size: 11.5, rank: 20 + share, colour: 'street', dy: high + 8}] : [{text: one.name, at: one.at, size: 14, rank: 150 + share, dy: high + 10}];
      return [...figure, ...name];
    });
  };

  /** Black or white, whichever is read better on a colour. */
  Fangyi.inkOn = ([r, g, b]) => (0.299 * r + 0.587 * g + 0.114 * b > 140 ? [14, 22, 30, 255] : [255, 255, 255, 255]);

  // ---- the line that says what is drawn, with the choice of level

  const bar = document.createElement('div');
  bar.className = 'map-level';
  const choice = document.createElement('div'), line = document.createElement('p'), ramp = document.createElement('span');
  ramp.className = 'map-rate';
  choice.className = 'map-level-choice';
  choice.setAttribute('role', 'group');
  line.setAttribute('aria-live', 'polite');
  Fangyi.make('span', '', line);
  Fangyi.make('span', 'map-level-how', line); // how circles are read
  bar.append(choice, line, ramp);
  Fangyi.levelBar = bar;

  for (const name of ['auto', 'district', 'street', 'compound']) {
    const button = document.createElement('button');
    button.type = 'button';
    button.dataset.level = name;
    button.addEventListener('click', () => { own.chosen = name; Fangyi.look(); });
    choice.append(button);
  }

  /** The name of what is counted. */
  function counted() {
    const {counts, classes} = sums(), legend = state.spec.classes.compounds || [];
    return counts ? say('cases') : classes && classes.size ? [...classes].map(i => (legend[i] || {}).text).join(' / ') : say('compounds');
  }

  function told() {
    const {total, counts, classes} = sums(), now = own.now, table = now === 'compound' ? state.levels.members : state.levels[now];
    const what = counted();
    const away = counts && !classes && !document.documentElement.classList.contains('scrubbing') ? Object.values(state.levels.elsewhere).reduce((a, b) => a + b, 0) : 0, drawn = Fangyi.number(table.length);
    const n = Fangyi.number(total), sum = counts ? say('sum_persons', {what, n}) : say('sum_compounds', {what, n});
    const how = now === 'compound' ? [] : counts ? [say('area_persons'), say('colour')] : [say('area_compounds')];
    return [[HEAD[now](drawn), sum, ...(away ? [say('away', {n: Fangyi.number(away)})] : [])].join(' · '), how.map(one => ` · ${one}`).join('')];
  }

  /** The colours of rates with their breaks. */
  function rates(show) {
    ramp.hidden = !show;
    const key = Fangyi.theme() + state.levels.members.url;
    if (!show || ramp.dataset.key === key) return;
    ramp.dataset.key = key;
    ramp.replaceChildren(...state.levels.rate.colours.map((colour, i) => {
      const step = document.createElement('i'), [r, g, b] = Fangyi.themed(colour, 0, []), ink = Fangyi.inkOn([r, g, b]);
      step.style.setProperty('--colour', `rgb(${r},${g},${b})`);
      step.style.setProperty('--ink-on', `rgb(${ink[0]},${ink[1]},${ink[2]})`);
      step.textContent = state.levels.rate.texts[i];
      return step;
    }));
  }

  function update() {
    const show = !!state.levels && !!compounds();
    bar.hidden = !show;
    own.now = level();
    own.places = show ? places() : [];
    if (!show) return;
    choice.setAttribute('aria-label', say('title'));
    for (const button of choice.children) {
      button.textContent = NAME[button.dataset.level]();
      button.setAttribute('aria-pressed', String(button.dataset.level === own.chosen));
      button.classList.toggle('drawn', own.chosen === 'auto' && button.dataset.level === own.now);
    }
    const [text, how] = told();
    if (line.firstChild.textContent !== text) line.firstChild.textContent = text;
    if (line.lastChild.textContent !== how) line.lastChild.textContent = how;
    rates(own.now !== 'compound' && sums().counts);
    line.title = own.now === 'street' ? say('centre') : '';
    bar.dataset.level = own.now;
  }
  Fangyi.on('look', update);
  Fangyi.on('view', Fangyi.soon(() => { if (level() !== own.now) Fangyi.look(); }, 60));

  /** Lines of the hover card of a circle. */
  Fangyi.levelCard = function (place) {
    const {counts} = sums(), persons = n => (Number.isFinite(n) ? say('persons', {n: Fangyi.number(n)}) : '–'), pieces = n => say('pieces', {n: Fangyi.number(n)});
    const rows = [[counted(), counts ? persons(place.n) : pieces(place.n)], [say('number'), pieces(place.all)], [say('residents'), persons(place.residents)]];
    rows.push(counts ? [say('rate'), Fangyi.number(place.rate, 1)] : [say('share'), `${Fangyi.number((100 * place.n) / place.all, 1)}%`]);
    return {title: place.name, sub: `${NAME[place.level]()} · ${say('fly')}`, rows};
  };
})();
