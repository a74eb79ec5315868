/* The pulse of the server: news reach the page at most a second after they are written; a lost server, a restart and a sleep are
   told and recovered without hands. /pulse answers {revision, facts, orders, alerts, saved, as_of, known_at, code, boot, working}. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const query = new URLSearchParams(location.search);
  const EVERY = 1000, PATIENCE = 5000, SLEPT = 30000, SHOWN = 20000, AGES = 300000, KINDS = ['facts', 'orders', 'alerts', 'saved'];
  const say = (key, values) => Fangyi.say(`browser.pulse.${key}`, values);
  const WHY = {restarted: () => say('restarted'), slept: () => say('slept'), paused: () => say('paused'), cut: () => ''};
  const PLANS = {
    lockdown: () => say('lockdown'), beds: () => say('beds'), staff: () => say('staff'), supplies: () => say('supplies'),
    situation: () => say('situation'), joint: () => say('joint'),
  };
  const digits = new Intl.DateTimeFormat('sv-SE', {timeZone: 'Asia/Shanghai', timeStyle: 'medium'});
  const hour = at => digits.format(at);

  // last: the newest answer; told: what the page was told; moved: the facts that its figures show; held: news wait for somebody;
  // open: kinds whose news have not arrived yet, stood: how the page said that it stands, made: when it came; gaps: when this screen was not updated, and why
  const pulse = {last: null, told: null, tag: null, code: null, boot: null, seen: null, begun: Date.now(), ran: performance.now(), lostAt: null, misses: 0, force: false, gaps: [], moved: null, held: false, open: new Set(), stood: null, sent: 0, made: Date.now(), timer: null, asking: false, refused: false};
  Fangyi.pulse = pulse;

  function ribbon(kind, text) {
    let bar = document.getElementById('connection');
    if (!bar) {
      bar = document.createElement('div');
      bar.id = 'connection';
      bar.setAttribute('role', 'alert');
      document.body.append(bar);
    }
    if (bar.className !== kind) bar.className = kind;
    if (bar.firstChild === null || bar.firstChild.data !== text) bar.textContent = text;
  }

  /** The way back in, to the place that is open. */
  function door() {
    const bar = document.getElementById('connection');
    if (bar.querySelector('a')) return;
    const link = Fangyi.make('a', 'button', bar, say('enter'));
    link.href = `/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`;
  }

  function lost(error) {
    pulse.misses += 1;
    pulse.refused = /^40[13]$/.test(error && error.message);
    if (pulse.misses < 2 || document.hidden) return;
    pulse.lostAt = pulse.lostAt || pulse.seen || new Date();
    document.documentElement.classList.add('lost');
    const known = pulse.last && pulse.last.known_at ? String(pulse.last.known_at).replace('T', ' ').slice(0, 16) : '–';
    ribbon('lost', pulse.refused ? say('expired') : say('lost', {known, at: pulse.seen ? hour(pulse.seen) : '–'}));
    if (pulse.refused) door();
  }

  /** What was not updated, from when to when; told for a while, and kept for the self-check's line. */
  function recovered(from, why) {
    const to = new Date();
    pulse.lostAt = null;
    pulse.gaps = [...pulse.gaps.slice(-9), {from, to, why}];
    document.documentElement.classList.remove('lost');
    ribbon('back', say('back', {from: hour(from), to: hour(to), why: WHY[why]()}));
    setTimeout(() => { if (!pulse.lostAt) ribbon('', ''); }, SHOWN);
    pulse.force ||= why === 'restarted' || why === 'cut'; // what was asked of a server that was away got no answer; who stood still has asked nothing
  }

  /** Tells the page what has changed since it was made or told last; what could not be told now is told at the next beat. */
  function tell(now) {
    const page = document.querySelector('[data-stand]');
    if (!page && !pulse.force && (!document.getElementById('page') || document.querySelector('.shell.waiting'))) return; // the first page is on its way, and brings how things stand
    pulse.told = pulse.told || (page ? JSON.parse(page.dataset.stand) : {});
    const parts = page ? page.dataset.parts.split(' ') : KINDS, whole = kind => !parts.includes(kind);
    arrived(page, parts);
    moved(now);
    const news = KINDS.filter(kind => pulse.force || pulse.told[kind] !== now[kind]), asked = old() ? [...news, 'facts'] : news;
    const waits = asked.some(whole) && Fangyi.inHand(), goes = kind => !(waits && whole(kind));
    pulse.held = waits && news.some(whole);
    if (!asked.some(goes) || (pulse.force && waits)) return;
    const changed = KINDS.filter(kind => (asked.includes(kind) || pulse.open.has(kind)) && goes(kind)), sent = Date.now();
    if (!Fangyi.send('pulse', {...now, changed, t: sent})) return;
    const left = news.filter(kind => !goes(kind)).map(kind => [kind, pulse.told[kind]]);
    Object.assign(pulse, {told: {...now, ...Object.fromEntries(left)}, force: false, sent, open: new Set(changed)});
    if (page && 'still' in page.dataset) pulse.open.delete('facts'); // it does not follow
    if (changed.some(whole)) pulse.made = sent;
  }

  /** What was told and has arrived: of a call that was overtaken by the next one Dash drops the answer, so the next one asks for both. */
  function arrived(page, parts) {
    const stand = page && page.dataset.stand, api = window.dash_component_api, live = api && api.getLayout && api.getLayout('live-at');
    if (stand && stand !== pulse.stood) {
      const at = JSON.parse(stand);
      for (const kind of pulse.open) if (at[kind] === pulse.told[kind]) pulse.open.delete(kind);
      Object.assign(pulse, {stood: stand, made: Date.now()});
    }
    if (live && live.props.data === pulse.sent) for (const kind of parts) pulse.open.delete(kind);
  }

  /** Ages grow and orders fall due on a desk where nothing is new: its page is made anew now and then. A wall does so by itself. */
  function old() {
    const fixed = Fangyi.time && Fangyi.time.data && Fangyi.time.data.fixed.includes('known_at');
    return !fixed && !document.hidden && !document.querySelector('.shell.wall') && Date.now() - pulse.made > AGES;
  }

  /** Figures move with each news at once, whoever holds the page; a line that was cut is no news. */
  function moved(now) {
    const before = pulse.moved === null ? pulse.told.facts : pulse.moved;
    pulse.moved = now.facts;
    if (before !== now.facts && Fangyi.time && Fangyi.time.news) Fangyi.time.news(now);
  }

  async function ask() {
    const stop = new AbortController(), timer = setTimeout(() => stop.abort(), PATIENCE);
    try {
      const headers = {'X-Hand': Fangyi.idle(), ...(pulse.tag ? {'If-None-Match': pulse.tag} : {})};
      const answer = await fetch('/pulse', {cache: 'no-store', credentials: 'same-origin', signal: stop.signal, headers});
      if (answer.status === 304) return pulse.last;
      if (!answer.ok) throw new Error(String(answer.status));
      const now = await answer.json(); // whole: only then it need not be sent again
      pulse.tag = answer.headers.get('ETag');
      return now;
    } finally { clearTimeout(timer); }
  }

  async function beat() {
    clearTimeout(pulse.timer);
    if (pulse.asking) return;
    pulse.asking = true;
    const begun = Date.now(), ran = performance.now(), passed = begun - pulse.begun, still = passed > SLEPT && pulse.seen, seen = pulse.seen;
    // The other clock stands still in a sleep (not on every system) and goes on where timers were late: a busy machine, a page in the background.
    const why = passed - (ran - pulse.ran) > SLEPT ? 'slept' : 'paused';
    Object.assign(pulse, {begun, ran});
    const now = await ask().catch(error => { lost(error); });
    try { if (now) answered(now, seen, still && why); } catch (error) { Fangyi.fail(error); } // a fault of this page is no lost connection
    pulse.asking = false;
    pulse.timer = setTimeout(beat, EVERY);
  }

  function answered(now, seen, stood) {
    const restarted = pulse.boot !== null && now.boot !== pulse.boot;
    if (pulse.code !== null && now.code !== pulse.code) Fangyi.reload();
    Object.assign(pulse, {last: now, seen: new Date(), misses: 0, code: now.code, boot: now.boot, refused: false});
    if (pulse.lostAt || restarted) recovered(pulse.lostAt || seen || new Date(), restarted ? 'restarted' : 'cut');
    else if (stood) recovered(seen, stood);
    tell(now);
  }

  if (query.get('pulse') !== '0') pulse.timer = setTimeout(beat, 400);
  document.addEventListener('visibilitychange', () => { if (!document.hidden && query.get('pulse') !== '0') beat(); });
  addEventListener('online', () => { if (query.get('pulse') !== '0') beat(); });

  // ---- while a plan is worked out the screen says so, with what and for how long

  let since = null;
  function progress() {
    Fangyi.inHand(); // so that the minute of the next hand begins with it
    const box = document.getElementById('working'), waits = !!document.querySelector('#page[data-dash-is-loading="true"], .shell.waiting');
    since = waits && !pulse.lostAt ? since || Date.now() : null;
    const seconds = since ? Math.round((Date.now() - since) / 1000) : 0;
    if (!box) return;
    const shown = seconds >= 2, under = (pulse.last && pulse.last.working) || [];
    const what = under.map(kind => (PLANS[kind] ? PLANS[kind]() : kind)).join(say('listing'));
    const text = pulse.held ? say('held') : !shown ? '' : under.length ? say('working', {what, n: seconds}) : say('reading', {n: seconds});
    if (box.textContent !== text) box.textContent = text;
  }
  setInterval(progress, 500);

  // ---- anew

  /** Loads the page anew: only from a server that answers, for an error page of a browser or a proxy never comes back by itself; and not
      over somebody's open dialog. */
  let renewing = false;
  Fangyi.reload = () => { if (!renewing) { renewing = true; renew(); } };
  async function renew() {
    const open = document.querySelector('dialog[open], .order-dialog');
    const there = !open && await ask().then(() => true, () => false);
    if (there) location.reload(); else setTimeout(renew, PATIENCE);
  }

  // ---- what was answered with an error

  addEventListener('error', event => Fangyi.errors.push(String(event.message)));
  addEventListener('unhandledrejection', event => {
    Fangyi.errors.push(String(event.reason));
    if (/body stream|callback/i.test(String(event.reason))) unanswered(); // what Dash says when a call is answered with an error
  });

  /** The server answered a call with an error: say so; a page that never came is asked for again, for nobody may stand at a keyboard. */
  function unanswered() {
    if (pulse.lostAt || pulse.misses) return; // that is told already, or about to be
    if (!document.querySelector('.shell.waiting')) return ribbon('lost', say('undone'));
    ribbon('lost', say('unshown', {n: 20}));
    setTimeout(Fangyi.reload, 20000);
  }
})();
