/* What runs by itself on every page: the size of letters, clocks, the window's title. News come in pulse.js, the wall turns in wall.js. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const isWall = () => location.pathname.replace(/\/$/, '').endsWith('/wall');

  /** Sets a store of the page; pages without that store are left alone. */
  Fangyi.send = function (id, data) {
    const dash = window.dash_clientside, api = window.dash_component_api;
    if (!document.getElementById('page')) return false; // Dash has not built its layout yet
    if (!dash || !dash.set_props || (api && api.getLayout && !api.getLayout(id))) return false;
    dash.set_props(id, {data});
    return true;
  };

  // ---- one scale for letters, charts and the map

  function rescale() {
    const fit = Math.min(innerWidth / 1920, innerHeight / (isWall() ? 1080 : 1000));
    const size = innerWidth <= 860 ? 16 : Math.max(16 * fit, isWall() ? 6 : 14), scale = Math.round((size / 16) * 1000) / 1000;
    document.documentElement.style.fontSize = size + 'px';
    if (scale === Fangyi.scale) return;
    Fangyi.scale = scale;
    if (Fangyi.refit) Fangyi.refit();
  }
  let told = null;
  setInterval(() => { if (Fangyi.scale !== told && Fangyi.send('scale', Fangyi.scale)) told = Fangyi.scale; }, 60);
  addEventListener('resize', () => { rescale(); if (Fangyi.refit) Fangyi.refit(); });
  addEventListener('popstate', rescale);
  rescale();

  // ---- clocks: the time of the city, the same digits in every language

  const digits = new Intl.DateTimeFormat('sv-SE', {timeZone: 'Asia/Shanghai', dateStyle: 'short', timeStyle: 'medium'});
  function tick() {
    const [date, time] = digits.format(new Date()).split(' ');
    for (const clock of document.querySelectorAll('[data-clock]')) clock.textContent = clock.dataset.clock === 'date' ? date : time;
  }
  setInterval(tick, 1000);

  // ---- the window's title and language follow the page, and what stands outside it looks as the page needs it; a line runs while an answer is awaited

  const SHOWS = {'shows-wall': '.shell.wall', 'shows-drill': '.shell .drill-mark', 'shows-drawer': '.shell .drawer'}; // a class of the root for each

  function name() {
    for (const [known, part] of Object.entries(SHOWS)) document.documentElement.classList.toggle(known, !!document.querySelector(part));
    const shell = document.querySelector('.shell[data-title]');
    if (!shell) return;
    if (shell.dataset.title && document.title !== shell.dataset.title) document.title = shell.dataset.title;
    if (document.documentElement.lang !== shell.lang) document.documentElement.lang = shell.lang;
  }
  let hurry = null;
  function busy() {
    name();
    if (document.querySelector('[data-clock]:empty')) tick(); // a page that has just come shows its clock at once
    const waits = !!document.querySelector('#page[data-dash-is-loading="true"], #detail[data-dash-is-loading="true"]');
    if (waits && !hurry) hurry = setTimeout(() => document.documentElement.classList.add('busy'), 200); // quick answers need no line
    if (!waits) { clearTimeout(hurry); hurry = null; document.documentElement.classList.remove('busy'); }
  }
  new MutationObserver(busy).observe(document.documentElement, {childList: true, subtree: true, attributes: true, attributeFilter: ['data-dash-is-loading', 'data-title']});
})();
