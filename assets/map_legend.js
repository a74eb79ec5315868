/* The legend filters: a click on a class leaves only that class bright; each class says how many things it has. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const state = (Fangyi.map = Fangyi.map || {});
  const filters = new Map(); // layer -> Set of classes that stay
  state.filters = filters;

  Fangyi.filterOf = key => (key === 'compounds' && state.counting && state.spec.counted ? null : filters.get(key) || null);
  Fangyi.filterKey = key => (filters.has(key) ? [...filters.get(key)].sort().join('+') : '');

  function counts(key) {
    const rows = (state.spec.classes || {})[key] || [], found = new Array(rows.length).fill(0), layers = state.layers.filter(one => one.json.layer === key);
    const main = layers.find(one => one.json.pickable) || null;
    if (!main || !Fangyi.classesOf(main)) return null; // circles whose area is the count have no class of their own
    for (const layer of layers) { // a circle around others is a layer of its own; what two of them draw is one thing
      const mine = new Array(rows.length).fill(0), classes = Fangyi.classesOf(layer) || [], size = layer.tables.column(Fangyi.column(layer.json.getRadius));
      classes.forEach((one, row) => { if (one < mine.length && !(size && size.values[row] === 0)) mine[one] += 1; }); // what has no size is not drawn, and not counted
      mine.forEach((n, at) => { found[at] = Math.max(found[at], n); });
    }
    return found;
  }

  function update() {
    if (!state.spec) return;
    const known = new Map();
    for (const row of document.querySelectorAll('.legend [data-class]')) {
      const [key, at] = row.dataset.class.split(':'), filter = filters.get(key), on = !!filter && filter.has(Number(at));
      if (row.getAttribute('aria-pressed') !== String(on)) row.setAttribute('aria-pressed', String(on));
      row.classList.toggle('out', !!filter && !on);
      const place = row.querySelector('.legend-count');
      if (!known.has(key)) known.set(key, counts(key));
      const text = place && known.get(key) ? Fangyi.number(known.get(key)[Number(at)]) : '';
      if (place && place.textContent !== text) place.textContent = text;
    }
  }

  document.addEventListener('click', event => {
    const row = event.target.closest && event.target.closest('[data-class]');
    if (!row) return;
    const [key, text] = row.dataset.class.split(':'), at = Number(text), now = filters.get(key) || new Set();
    const more = event.ctrlKey || event.metaKey || event.shiftKey, next = more ? new Set(now) : new Set();
    if (now.has(at)) next.delete(at); else next.add(at);
    if (next.size) filters.set(key, next); else filters.delete(key);
    Fangyi.look();
  });

  let page = location.pathname;
  Fangyi.on('spec', () => { if (location.pathname !== page) { page = location.pathname; filters.clear(); } });
  Fangyi.on('look', update);
  Fangyi.on('room', update); // the legend may come after the map
})();
