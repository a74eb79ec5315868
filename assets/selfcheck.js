/* The wall checks itself each minute: the clock, fonts, the map, the figures against the store, the pulse, memory and the server's own
   check. It says so in a small green line, or in a red sentence that names what is wrong; it is never silent. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const EVERY = 60000, SOON = 10000, FIRST = 6000, AGAIN = 4000, TRIES = 3, SKEW = 5000, DRAWN = 20000, HEARD = 10000, FULL = 0.75, BURSTING = 0.9, DAY = 43200000;
  const say = (key, values) => Fangyi.say(`browser.selfcheck.${key}`, values);
  const digits = new Intl.DateTimeFormat('sv-SE', {timeZone: 'Asia/Shanghai', timeStyle: 'medium'});
  const isWall = () => !!document.querySelector('.shell.wall');
  const check = {at: null, faults: [], skew: null, doubt: 0, runs: 0, heard: 0, next: Date.now() + FIRST, running: false};
  Fangyi.check = check;

  // ---- what is looked at

  const map = {seq: 0, seqAt: 0, ready: 0, readyAt: 0, lost: false};
  function watchMap() {
    const now = Date.now(), seq = (Fangyi.map && Fangyi.map.seq) || 0;
    if (seq !== map.seq) Object.assign(map, {seq, seqAt: now});
    if (Fangyi.ready !== map.ready) Object.assign(map, {ready: Fangyi.ready, readyAt: now});
  }
  document.addEventListener('webglcontextlost', () => { map.lost = true; if (isWall()) setTimeout(Fangyi.reload, 15000); }, true);

  let font = null;
  /** A glyph that is drawn like one that no font has is missing. */
  function fontsThere() {
    if (font) return font;
    const canvas = document.createElement('canvas'), pen = canvas.getContext('2d', {willReadFrequently: true});
    canvas.width = canvas.height = 40;
    const drawn = glyph => {
      pen.clearRect(0, 0, 40, 40);
      pen.font = `30px ${getComputedStyle(document.body).fontFamily}`;
      pen.fillText(glyph, 2, 32);
      return pen.getImageData(0, 0, 40, 40).data.join();
    };
    font = document.fonts.status === 'loaded' && drawn('\u75ab') !== drawn('\u{10FFFD}') && drawn('\u75ab') !== drawn('\u9632'); // two characters of the title
    return font;
  }

  function wrong(answer) {
    const found = [], shown = document.querySelectorAll('.wall [data-figure]'), told = Fangyi.pulse.told || Fangyi.pulse.last || {};
    const moved = ['facts', 'orders'].some(kind => told[kind] !== answer[kind]);
    if (shown.length && ![...shown].some(one => one.dataset.figure in answer.figures)) return [say('unchecked')]; // nothing was compared
    for (const one of shown) {
      const wanted = answer.figures[one.dataset.figure];
      if (wanted === undefined || wanted === one.textContent) continue;
      const name = one.closest('.tile') ? one.closest('.tile').querySelector('.tile-title').textContent : one.parentElement.textContent.replace(one.textContent, '').trim();
      found.push(moved ? say('late') : say('figure', {name, screen: one.textContent, store: wanted}));
    }
    return found;
  }

  async function ask() {
    const sent = Date.now();
    const answer = await fetch('/selfcheck' + location.search, {cache: 'no-store', credentials: 'same-origin'});
    if (!answer.ok) throw new Error(String(answer.status));
    const found = await answer.json();
    const got = Date.now();
    Object.assign(check, {skew: Math.round(found.now - (sent + got) / 2), doubt: (got - sent) / 2}); // a slow answer tells the time no better than this
    return found;
  }

  /** Figures that differ are looked at again: news may be on its way to the screen. */
  async function figures() {
    for (let n = 1; ; n++) {
      const answer = await ask(), found = wrong(answer);
      if (!found.length || n === TRIES) return [answer, found];
      await new Promise(done => setTimeout(done, AGAIN));
    }
  }

  function memory() {
    const used = performance.memory && performance.memory.jsHeapSizeLimit ? performance.memory.usedJSHeapSize / performance.memory.jsHeapSizeLimit : 0;
    if (used > BURSTING) Fangyi.reload();
    return used > FULL ? [say('memory', {n: Math.round(used * 100)})] : [];
  }

  function here() {
    const now = Date.now(), pulse = Fangyi.pulse, found = [];
    const quiet = pulse.seen ? now - pulse.seen : now - pulse.begun;
    if (quiet > HEARD && new URLSearchParams(location.search).get('pulse') !== '0') found.push(say('pulse', {n: Math.round(quiet / 1000)}));
    if (check.skew !== null && Math.abs(check.skew) - check.doubt > SKEW) found.push(say('skew', {n: Math.round(Math.abs(check.skew) / 1000)}));
    if (!fontsThere()) found.push(say('font'));
    if (map.lost) found.push(say('gone'));
    else if (!document.querySelector('#map canvas') || (map.seqAt > map.readyAt && now - map.seqAt > DRAWN)) found.push(say('map'));
    if (Fangyi.errors.length > check.heard) found.push(say('errors', {what: String(Fangyi.errors[Fangyi.errors.length - 1]).slice(0, 80)}));
    if (Fangyi.alerts && Fangyi.alerts.muted) found.push(say('muted'));
    return [...found, ...memory()];
  }

  function server(answer) {
    const {checked_at: at, faults} = answer.server, mine = Fangyi.lang() === 'en' ? 1 : 0;
    const stopped = answer.now - Date.parse(at) > 5 * EVERY ? [say('stale')] : [];
    return [...faults.map(pair => say('server', {what: pair[mine]})), ...stopped];
  }

  async function run() {
    if (check.running || document.hidden || !isWall()) return;
    check.running = true;
    let found = [];
    try {
      const [answer, differ] = await figures();
      found = [...differ, ...server(answer)];
    } catch (_) { found.push(say('unchecked')); }
    const faults = [...found, ...here()]; // what was wrong is looked at again soon: a map that was slow to begin is not red for a minute
    Object.assign(check, {faults, at: new Date(), runs: check.runs + 1, running: false, next: Date.now() + (faults.length ? SOON : EVERY)});
    Fangyi.errors.splice(0, Math.max(0, Fangyi.errors.length - 20));
    check.heard = Fangyi.errors.length; // one that has passed is told once; what it broke is found by the other checks
    show();
  }

  // ---- what is said

  function show() {
    const line = document.querySelector('.wall .brand p'), bar = document.getElementById('selfcheck');
    if (!line || !bar) return;
    const gap = Fangyi.pulse.gaps[Fangyi.pulse.gaps.length - 1], recent = gap && Date.now() - gap.to < DAY ? say('gap', {from: digits.format(gap.from), to: digits.format(gap.to)}) : '';
    const silent = check.at && Date.now() - check.at > 3 * EVERY; // the check itself has stopped
    const text = (check.at === null ? say('waiting') : check.faults.length || silent ? say('bad', {n: Math.max(check.faults.length, 1)}) : say('good', {at: digits.format(check.at)})) + recent;
    if (line.textContent !== text) line.textContent = text;
    line.className = check.at === null ? 'checked' : check.faults.length || silent ? 'checked bad' : 'checked good';
    const said = silent ? say('unchecked') : check.faults.slice(0, 2).join(' · ');
    if (bar.textContent !== said) bar.textContent = said;
  }

  setInterval(() => {
    watchMap();
    if (!isWall()) { const bar = document.getElementById('selfcheck'); if (bar && bar.textContent) bar.textContent = ''; return; }
    show();
    if (Date.now() >= check.next) run();
  }, 1000);
  Fangyi.selfcheck = run;
})();
