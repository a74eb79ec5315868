/* The card beside the pointer; every word goes in as text, never as markup. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  let card = null, shown = null;

  function part(tag, name, text) {
    const made = document.createElement(tag);
    if (name) made.className = name;
    made.textContent = text;
    return made;
  }

  function written(value) {
    if (value === null || value === undefined || value === '' || Number.isNaN(value)) return '–';
    if (value === Infinity) return '∞';
    return typeof value === 'number' ? new Intl.NumberFormat('en-GB', {maximumFractionDigits: 1}).format(value) : String(value);
  }

  /** hit: {layer, row} or null; x, y in pixels of the map. */
  Fangyi.card = function (hit, x, y) {
    const key = hit && hit.layer.json.hover ? hit.layer.json.id + ':' + hit.row : null;
    if (!key) { if (card) card.hidden = true; shown = null; return; }
    if (!card) { card = part('div', 'hover-card', ''); card.setAttribute('role', 'status'); document.body.append(card); }
    if (key !== shown) {
      const {json, tables} = hit.layer;
      card.replaceChildren(part('b', '', written(tables.value('name', hit.row))), part('small', '', json.title || ''));
      const list = part('dl', '', '');
      for (const [name, label] of json.hover) list.append(part('dt', '', label), part('dd', '', written(tables.value(name, hit.row))));
      card.append(list);
      shown = key;
    }
    card.hidden = false;
    const map = document.getElementById('map').getBoundingClientRect(), gap = 14;
    const left = map.left + x + gap, top = map.top + y + gap;
    card.style.left = Math.max(4, left + card.offsetWidth > innerWidth ? left - card.offsetWidth - 2 * gap : left) + 'px';
    card.style.top = Math.max(4, top + card.offsetHeight > innerHeight ? top - card.offsetHeight - 2 * gap : top) + 'px';
  };
})();
