/* The list of layers: which are shown, in what order, how opaque. Kept in this browser; the ground and the names stay where they are. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const state = (Fangyi.map = Fangyi.map || {});
  const KEPT = 'fangyi.layers', FIXED = new Set(['districts', 'water', 'roads', 'borders', 'labels']);
  const say = (key, values) => Fangyi.say(`browser.layers.${key}`, values);
  const own = read();

  function read() {
    try { return {opacity: {}, order: [], ...JSON.parse(localStorage.getItem(KEPT) || '{}')}; } catch (_) { return {opacity: {}, order: []}; }
  }
  function keep() { try { localStorage.setItem(KEPT, JSON.stringify(own)); } catch (_) { /* a browser that keeps nothing: the choice holds until it is closed */ } }

  Fangyi.chosenOpacity = key => own.opacity[key] ?? 1;

  /** Layers, lowest first: those of a topic move together among the topics that may move. */
  Fangyi.chosenOrder = function (layers) {
    if (!own.order.length) return layers;
    const slots = layers.map((one, i) => (FIXED.has(one.json.layer) ? -1 : i)).filter(i => i >= 0), rank = key => { const at = own.order.indexOf(key); return at < 0 ? 1e3 : at; };
    const moved = slots.map(i => layers[i]).sort((a, b) => rank(a.json.layer) - rank(b.json.layer)), found = [...layers];
    slots.forEach((slot, i) => { found[slot] = moved[i]; });
    return found;
  };

  const titles = () => {
    const found = new Map();
    for (const layer of Fangyi.inOrder()) found.set(layer.json.layer, layer.json.title);
    return [...found].reverse(); // as it lies: the highest first
  };

  function part(tag, more, ...children) {
    const made = Object.assign(document.createElement(tag), more);
    made.append(...children);
    return made;
  }

  function shift(key, step) {
    const order = titles().map(one => one[0]).filter(one => !FIXED.has(one)).reverse(), at = order.indexOf(key), to = at + step;
    if (to < 0 || to >= order.length) return;
    [order[at], order[to]] = [order[to], order[at]];
    own.order = order;
    keep();
    Fangyi.look();
    fill(list, `${key}:${step}`);
  }

  function row([key, title]) {
    const box = part('input', {type: 'checkbox', checked: !state.hidden.has(key)}), label = part('label', {className: 'layer-name'}, box, title);
    box.addEventListener('change', () => Fangyi.toggleLayer(key));
    const range = part('input', {type: 'range', min: 10, max: 100, step: 5, value: Math.round(100 * Fangyi.chosenOpacity(key))});
    range.setAttribute('aria-label', say('opacity', {name: title}));
    range.addEventListener('input', () => { own.opacity[key] = range.value / 100; keep(); Fangyi.redraw(); });
    const arrows = FIXED.has(key) ? [part('span', {}), part('span', {})] : [[say('up', {name: title}), 1, '↑'], [say('down', {name: title}), -1, '↓']].map(([name, step, sign]) => {
      const button = part('button', {type: 'button', textContent: sign});
      button.dataset.move = `${key}:${step}`;
      button.setAttribute('aria-label', name);
      button.addEventListener('click', () => shift(key, step));
      return button;
    });
    return part('li', {}, label, range, ...arrows);
  }

  const list = part('div', {className: 'map-popover map-layer-list', hidden: true});
  function fill(place, focus) {
    const reset = part('button', {type: 'button', className: 'quiet', textContent: say('reset')});
    reset.addEventListener('click', () => { Object.assign(own, {opacity: {}, order: []}); keep(); state.hidden.clear(); Fangyi.look(); fill(place); });
    place.replaceChildren(part('h2', {textContent: say('title')}), part('ul', {}, ...titles().map(row)), reset);
    const again = focus && place.querySelector(`[data-move="${CSS.escape(focus)}"]`);
    if (again) again.focus();
  }
  Fangyi.layerList = list;
  Fangyi.openLayers = open => { list.hidden = !open; if (open) fill(list); };
})();
