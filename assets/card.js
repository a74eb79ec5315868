/* The card beside the pointer: each figure with its unit, and of the whole its source and age; every word goes in as text, never as markup. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  let card = null, shown = null;

  function part(tag, name, text) {
    const made = document.createElement(tag);
    if (name) made.className = name;
    made.textContent = text;
    return made;
  }

  function written(value, unit) {
    if (value === null || value === undefined || value === '' || Number.isNaN(value)) return '–';
    if (value === Infinity) return '∞';
    const text = typeof value === 'number' ? Fangyi.number(value, Number.isInteger(value) ? 0 : 1) : String(value);
    return unit ? `${text} ${unit}` : text;
  }

  /** Title, what it is, and pairs of label and value; null while the values of its table are on their way. */
  function linesOf(hit) {
    if (hit.place) return Fangyi.levelCard(hit.place);
    if (hit.text) return {title: hit.text.title, sub: hit.text.sub, rows: hit.text.rows};
    const {json, tables} = hit.layer, title = written(tables.value('name', hit.row));
    if (!tables.card) { fetchCard(hit); return {title, sub: json.title, rows: []}; }
    const rows = json.hover.map(([name, label, unit]) => [label, written(tables.column(name) || tables.words(name) ? tables.value(name, hit.row) : tables.card.value(name, hit.row), unit)]);
    return {title, sub: json.title, rows, age: Fangyi.map.spec.ages[json.layer]};
  }

  function fetchCard(hit) {
    const {json, tables} = hit.layer;
    if (!json.card || tables.asked) return;
    tables.asked = Fangyi.table(json.card).then(table => {
      tables.card = {value(name, row) { const c = table.columns[name], w = table.text[name]; return w ? w[row] : c ? c.values[row * c.size] : null; }};
      shown = null;
      if (card && !card.hidden && card.hit === hit) Fangyi.card(hit, ...card.at);
    }).catch(error => { tables.asked = null; Fangyi.fail(error); });
  }

  const keyOf = hit => (hit.place ? `${hit.place.level}:${hit.place.id}:${hit.place.n}` : hit.text ? hit.text.title + hit.text.sub : hit.layer.json.hover ? `${hit.layer.json.id}:${hit.row}:${hit.layer.tables.style.url}` : null);

  /** hit: {layer, row}, {place} of a level, {text} of an arc, or null; x, y in pixels of the map. */
  Fangyi.card = function (hit, x, y) {
    const key = hit && keyOf(hit);
    if (!key) { if (card) card.hidden = true; shown = null; return; }
    if (!card) { card = part('div', 'hover-card', ''); card.setAttribute('role', 'status'); document.body.append(card); }
    Object.assign(card, {hit, at: [x, y]});
    if (key !== shown) {
      const {title, sub, rows, age} = linesOf(hit), list = part('dl', '', '');
      for (const [label, value] of rows) list.append(part('dt', '', label), part('dd', '', value));
      card.replaceChildren(part('b', '', title), part('small', '', sub || ''), list);
      if (age && age.source) card.append(part('p', age.late ? 'card-age late' : 'card-age', `${age.source} · ${age.age}${age.late ? ` · ${Fangyi.say('browser.card.late')}` : ''}`));
      shown = key;
    }
    card.hidden = false;
    const map = document.getElementById('map').getBoundingClientRect(), gap = 14;
    const left = map.left + x + gap, top = map.top + y + gap;
    card.style.left = Math.max(4, left + card.offsetWidth > innerWidth ? left - card.offsetWidth - 2 * gap : left) + 'px';
    card.style.top = Math.max(4, top + card.offsetHeight > innerHeight ? top - card.offsetHeight - 2 * gap : top) + 'px';
  };
})();
