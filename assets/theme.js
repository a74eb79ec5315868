/* Light or dark: the browser's wish unless somebody chose, here or in the address (?theme=light); walls are dark.
   Charts name their colours as "var(--ink)" and are drawn anew with what the style sheet of the theme says. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const KEY = 'fangyi-theme', root = document.documentElement, wish = matchMedia('(prefers-color-scheme: light)');
  const valid = name => (name === 'light' || name === 'dark' ? name : null);
  let asked = valid(new URLSearchParams(location.search).get('theme'));
  const chosen = () => valid(localStorage.getItem(KEY));
  const wished = () => (wish.matches ? 'light' : 'dark');
  const isWall = () => location.pathname.replace(/\/$/, '').endsWith('/wall');
  const skin = (Fangyi.skin = {name: 'dark'});

  // ---- colours of the map on a light ground: the table of layers/_palette.py, other colours by turning their lightness round

  const known = new Map(), turned = new Map();
  const linear = v => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const encoded = v => Math.round(255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055));
  const within = v => Math.min(Math.max(v, 0), 1);
  function turn(key) { // OKLab, Björn Ottosson 2020; the same numbers stand in layers/_palette.py
    const [r, g, b] = [key & 255, (key >> 8) & 255, (key >> 16) & 255].map(v => linear(v / 255));
    const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b), m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
    const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
    const light = Math.min(Math.max(1.21 - (0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s), 0.2), 0.985);
    const x = 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s, y = 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s;
    const [L, M, S] = [light + 0.3963377774 * x + 0.2158037573 * y, light - 0.1055613458 * x - 0.0638541728 * y, light - 0.0894841775 * x - 1.291485548 * y].map(v => v ** 3);
    const rgb = [4.0767416621 * L - 3.3077115913 * M + 0.2309699292 * S, -1.2684380046 * L + 2.6097574011 * M - 0.3413193965 * S, -0.0041960863 * L - 0.7034186147 * M + 1.707614701 * S];
    const [red, green, blue] = rgb.map(v => encoded(within(v)));
    return red | (green << 8) | (blue << 16);
  }
  function onLight(key) {
    if (!known.size) for (const [from, to] of Object.entries(JSON.parse((document.getElementById('palette') || {dataset: {}}).dataset.light || '{}'))) known.set(Number(from), to);
    if (known.has(key)) return known.get(key);
    if (!turned.has(key)) turned.set(key, turn(key));
    return turned.get(key);
  }

  /** Returns packed colours (Uint32Array: red lowest) as this theme paints them; the dark ones are the server's own. */
  skin.column = function (packed) {
    if (skin.name === 'dark') return packed;
    const found = new Uint32Array(packed.length);
    for (let i = 0; i < packed.length; i++) found[i] = ((packed[i] & 0xff000000) | onLight(packed[i] & 0xffffff)) >>> 0;
    return found;
  };

  /** Returns [red, green, blue, ...] as this theme paints it; an alpha stays. */
  skin.colour = function (parts) {
    if (skin.name === 'dark') return parts;
    const key = onLight(parts[0] | (parts[1] << 8) | (parts[2] << 16));
    return [key & 255, (key >> 8) & 255, (key >> 16) & 255, ...parts.slice(3)];
  };

  /** Returns the value of a token of assets/tokens.css, such as "--ink". */
  skin.token = name => getComputedStyle(root).getPropertyValue(name).trim();

  // ---- charts

  const NAMED = /^var\((--[\w-]+)\)$/, HEX = /^#[0-9a-f]{6}$/i;
  function painted(value) {
    if (typeof value === 'string') {
      const name = NAMED.exec(value);
      if (name) return skin.token(name[1]);
      if (!HEX.test(value) || skin.name === 'dark') return value;
      const parts = [1, 3, 5].map(at => parseInt(value.slice(at, at + 2), 16));
      return `rgb(${skin.colour(parts).join(',')})`;
    }
    if (Array.isArray(value)) return typeof value[0] === 'number' ? value : value.map(painted);
    if (!value || Object.getPrototypeOf(value) !== Object.prototype) return value; // typed arrays hold no colours
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, painted(one)]));
  }

  const drawn = new WeakMap(); // element -> the figure as the server named its colours
  const resolved = figure => ({...figure, data: painted(figure.data || []), layout: painted(figure.layout || {})});
  function wrap(plotly) {
    for (const name of ['react', 'newPlot']) {
      const draw = plotly[name].bind(plotly);
      plotly[name] = function (box, data, layout, config) {
        const figure = Array.isArray(data) ? {data, layout, config} : data;
        drawn.set(box, figure);
        return draw(box, resolved(figure));
      };
    }
    skin.redraw = function () {
      for (const box of document.querySelectorAll('.js-plotly-plot')) if (drawn.has(box)) plotly.react(box, drawn.get(box));
    };
    return plotly;
  }
  let plotly, coming;
  // Whoever draws a chart waits for what stands here: a promise until the program of the charts has come, after the map (assets/late.js).
  Object.defineProperty(window, 'Plotly', {
    configurable: true, get: () => plotly || (coming = coming || Fangyi.late(() => window._dashPlotlyJSURL)),
    set(found) { plotly = found && found.react ? wrap(found) : found; },
  });

  // ---- choosing

  let paper = false; // paper is white
  function apply() {
    const name = paper ? 'light' : isWall() ? 'dark' : asked || chosen() || wished();
    if (root.dataset.theme === name) return;
    root.dataset.theme = skin.name = name;
    if (skin.redraw) skin.redraw();
    document.dispatchEvent(new CustomEvent('fangyi:theme', {detail: name, bubbles: true}));
  }
  skin.onPaper = function (now) { paper = now; apply(); };
  skin.choose = function (name) {
    asked = null;
    if (name === wished()) localStorage.removeItem(KEY); else localStorage.setItem(KEY, name);
    apply();
  };
  document.addEventListener('click', event => {
    const hit = event.target.closest ? event.target : null;
    if (hit && hit.closest('[data-theme-switch]')) skin.choose(skin.name === 'light' ? 'dark' : 'light');
    if (hit && hit.closest('[data-skip]')) { event.preventDefault(); const main = document.getElementById('main'); if (main) main.focus(); }
  });
  wish.addEventListener('change', apply);
  addEventListener('storage', event => { if (event.key === KEY) apply(); });
  new MutationObserver(apply).observe(root, {childList: true, subtree: true}); // from desk to wall and back without a reload
  apply();
})();
