/* What runs by itself: the size of letters, clocks, the pulse of the server with reconnecting, and the turning of the wall's pages. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const query = new URLSearchParams(location.search);
  const isWall = () => location.pathname.replace(/\/$/, '').endsWith('/wall');
  const say = (key, values) => Fangyi.say(`browser.live.${key}`, values);

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

  // ---- the window's title and language follow the page; a line runs while an answer is awaited

  function name() {
    const shell = document.querySelector('.shell[data-title]');
    if (!shell) return;
    if (shell.dataset.title && document.title !== shell.dataset.title) document.title = shell.dataset.title;
    if (document.documentElement.lang !== shell.lang) document.documentElement.lang = shell.lang;
  }
  let hurry = null;
  function busy() {
    name();
    const waits = !!document.querySelector('#page[data-dash-is-loading="true"], #detail[data-dash-is-loading="true"]');
    if (waits && !hurry) hurry = setTimeout(() => document.documentElement.classList.add('busy'), 200); // quick answers need no line
    if (!waits) { clearTimeout(hurry); hurry = null; document.documentElement.classList.remove('busy'); }
  }
  new MutationObserver(busy).observe(document.documentElement, {childList: true, subtree: true, attributes: true, attributeFilter: ['data-dash-is-loading', 'data-title']});

  // ---- what the time sliders say while they are dragged: day 18262 is 1 January 2020

  window.dccFunctions = Object.assign(window.dccFunctions || {}, {day: number => Fangyi.day(new Date(number * 864e5))});

  // ---- the pulse: /pulse answers {revision, code, known_at}

  const pulse = {last: null, code: null, seen: null, lostAt: null, misses: 0};
  Fangyi.pulse = pulse;
  const hour = at => digits.format(at).split(' ')[1];

  function ribbon(kind, text) {
    let bar = document.getElementById('connection');
    if (!bar) {
      bar = document.createElement('div');
      bar.id = 'connection';
      bar.setAttribute('role', 'alert');
      document.body.append(bar);
    }
    bar.className = kind;
    bar.textContent = text;
  }

  function lost() {
    pulse.misses += 1;
    if (pulse.misses < 2) return;
    pulse.lostAt = pulse.lostAt || pulse.seen || new Date();
    document.documentElement.classList.add('lost');
    const known = pulse.last && pulse.last.known_at ? String(pulse.last.known_at).replace('T', ' ').slice(0, 16) : hour(pulse.lostAt);
    ribbon('lost', say('lost', {known, at: hour(pulse.lostAt)}));
  }

  function back() {
    if (!pulse.lostAt) return;
    const [from, to] = [hour(pulse.lostAt), hour(new Date())];
    pulse.lostAt = null;
    document.documentElement.classList.remove('lost');
    ribbon('back', say('back', {from, to}));
    setTimeout(() => { if (!pulse.lostAt) ribbon('', ''); }, 8000);
    Fangyi.send('pulse', {...pulse.last, t: Date.now()});
  }

  async function beat() {
    const stop = new AbortController(), timer = setTimeout(() => stop.abort(), 5000);
    try {
      const answer = await fetch('/pulse', {cache: 'no-store', credentials: 'same-origin', signal: stop.signal});
      if (!answer.ok) throw new Error(String(answer.status));
      const now = await answer.json(), before = pulse.last;
      Object.assign(pulse, {last: now, seen: new Date(), misses: 0});
      if (pulse.code !== null && now.code !== pulse.code) return location.reload();
      pulse.code = now.code;
      back();
      if (before && before.revision !== now.revision) Fangyi.send('pulse', {...now, t: Date.now()});
    } catch (_) { lost(); } finally { clearTimeout(timer); }
    setTimeout(beat, 1000);
  }
  if (query.get('pulse') !== '0') setTimeout(beat, 1500);

  // ---- the wall turns its pages: ?pages=lockdown,beds&dwell=20; arrows turn by hand, space holds

  const turning = {at: 0, held: false, timer: null};
  const pages = () => (query.get('pages') || 'lockdown,beds,staff,supplies').split(',').filter(Boolean);
  const dwell = () => Math.min(Math.max(Number(query.get('dwell')) || 25, 5), 600) * 1000;
  function turn(step) {
    if (!isWall() || (pulse.lostAt && step === 1)) return; // while the server is away the last honest page stays
    turning.at = (turning.at + step + pages().length) % pages().length;
    const shell = document.querySelector('.shell.wall');
    if (shell) { shell.classList.add('turning'); setTimeout(() => document.querySelectorAll('.shell.wall').forEach(one => one.classList.remove('turning')), 900); }
    setTimeout(() => Fangyi.send('wall-page', pages()[turning.at]), 250);
  }
  function wind() { clearInterval(turning.timer); turning.timer = setInterval(() => { if (!turning.held) turn(1); }, dwell()); }
  if (query.get('dwell') !== '0') wind();
  addEventListener('keydown', event => {
    if (!isWall()) return;
    if (event.key === ' ') turning.held = !turning.held;
    if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') { turn(event.key === 'ArrowRight' ? 1 : -1); wind(); }
    document.documentElement.classList.toggle('held', turning.held);
  });

  addEventListener('error', event => Fangyi.errors.push(String(event.message)));
  addEventListener('unhandledrejection', event => {
    Fangyi.errors.push(String(event.reason));
    if (/body stream|callback/i.test(String(event.reason))) unanswered(); // what Dash says when a call is answered with an error
  });

  /** The server answered a call with an error: say so; a page that never came is asked for again, for nobody may stand at a keyboard. */
  function unanswered() {
    if (pulse.lostAt) return; // that is told already
    if (!document.querySelector('.shell.waiting')) return ribbon('lost', say('undone'));
    ribbon('lost', say('unshown', {n: 20}));
    setTimeout(() => location.reload(), 20000);
  }
})();
