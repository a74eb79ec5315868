/* What a person does to the time machine: plays, drags a hand, types a day, jumps to a moment, shares the link, goes back to now. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const t = Fangyi.time, {dayOf, DAY, ZONE, endOf, isEnd} = t;
  const say = (key, values) => Fangyi.say(`browser.time.${key}`, values);
  const CLOCKS = ['as_of', 'known_at'], SPEEDS = [1, 2, 4, 8];

  // ---- playing

  function play() {
    if (t.playing) return pause();
    if (dayOf(t.as_of) >= t.data.last) Object.assign(t, t.linked ? {as_of: endOf(t.data.first), known_at: endOf(t.data.first)} : {as_of: endOf(t.data.first)});
    t.playing = {from: dayOf(t.as_of), since: performance.now()};
    t.buttons();
    requestAnimationFrame(run);
  }
  function run(now) {
    if (!t.playing) return;
    const day = t.playing.from + Math.floor(((now - t.playing.since) / 1000) * t.speed);
    if (day !== dayOf(t.as_of) && !t.asking()) t.go('as_of', endOf(Math.min(day, t.data.last)));
    if (dayOf(t.as_of) >= t.data.last) return pause();
    requestAnimationFrame(run);
  }
  function pause() { t.playing = null; t.buttons(); t.resting = t.resting || 'soon'; t.rested(); }
  function faster() {
    t.speed = SPEEDS[(SPEEDS.indexOf(t.speed) + 1) % SPEEDS.length];
    if (t.playing) t.playing = {from: dayOf(t.as_of), since: performance.now()};
    t.buttons();
  }

  /** A date by hand; what is no day is marked and moves nothing. */
  function typed(name, field) {
    const parts = field.value.trim().split(/[^0-9]+/), day = Date.parse(`${parts[0]}-${(parts[1] || '').padStart(2, '0')}-${(parts[2] || '').padStart(2, '0')}T00:00:00Z`);
    const is = parts.length === 3 && Number.isFinite(day) && new Date(day).getUTCDate() === Number(parts[2]); // no 31 February
    if (is) field.removeAttribute('aria-invalid'); else field.setAttribute('aria-invalid', 'true');
    if (!is) return;
    const to = day + DAY - ZONE - 1;
    if (dayOf(to) > t.data.last) { field.value = t.date(endOf(t.data.last)); return t.go(name, endOf(t.data.last)), t.restSoon(0); }
    if (dayOf(to) >= t.data.first) return t.go(name, to), t.restSoon(0);
    Object.assign(t, t.linked ? {as_of: to, known_at: to} : {[name]: to}, {resting: 'asked'}); // before the curve begins
    t.rested();
  }
  function now() {
    const {data} = t;
    Object.assign(t, {playing: null, as_of: data.now, known_at: data.now});
    if (data.fixed.some(name => CLOCKS.includes(name))) { t.resting = 'asked'; t.place(); t.want(); return t.send({as_of: null, known_at: null}); }
    Object.assign(t, {as_of: data.as_of, known_at: data.known_at});
    t.settled(true);
    t.buttons();
  }

  function unlink() {
    t.linked = !t.linked;
    t.buttons();
    if (t.linked && t.known_at !== t.as_of) { t.go('as_of', t.as_of); t.restSoon(0); }
  }

  function jump({as_of, known_at}) {
    Object.assign(t, {as_of, known_at, linked: as_of === known_at && t.linked, resting: 'asked'});
    t.place();
    t.buttons();
    t.want();
    t.rested();
  }

  async function share() {
    const link = location.origin + t.address(t.as_of, t.known_at);
    t.shared = link;
    if (!(await Fangyi.copy(link))) return;
    const told = Fangyi.make('span', 'time-told', t.ui.tools, say('copied'));
    told.setAttribute('role', 'status');
    setTimeout(() => told.remove(), 2500);
  }

  // ---- pointer and keys

  const dayAt = event => { const box = t.ui.track.getBoundingClientRect(), days = t.data.last - t.data.first + 1; return t.data.first + Math.min(Math.max(Math.floor(((event.clientX - box.left) / box.width) * days), 0), days - 1); };

  function down(event) {
    if (event.button) return;
    const day = dayAt(event), near = name => Math.abs(t.shareOf(t[name]) - t.shareOf(endOf(day)));
    const own = event.target.closest('.time-hand');
    const name = t.linked ? 'as_of' : own ? CLOCKS.find(one => t.ui[one] === own) : near('known_at') < near('as_of') ? 'known_at' : 'as_of';
    t.playing = null;
    t.held = {name, day: null};
    t.stop();
    t.ui.track.setPointerCapture(event.pointerId);
    t.ui[name].firstChild.focus({preventScroll: true});
    if (!own) drag(event);
    event.preventDefault();
  }
  function drag(event) {
    const day = dayAt(event);
    t.tip(day);
    if (!t.held || day === t.held.day) return;
    t.held.day = day;
    t.go(t.held.name, endOf(day));
  }
  function up() {
    if (!t.held) return;
    t.held = null;
    t.buttons();
    t.rested();
  }

  function key(event, name) {
    const step = {ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 7, PageDown: -7}[event.key];
    const {first, last} = t.data;
    if (event.key === ' ') play();
    else if (event.key === 'Home') t.go(name, endOf(first));
    else if (event.key === 'End') t.go(name, endOf(last));
    else if (step) t.go(name, stepped(t[name], event.shiftKey ? Math.sign(step) * 7 : step));
    else return;
    event.preventDefault();
    event.stopPropagation();
    if (!t.playing) t.restSoon(450);
  }
  /** A step back from the middle of a day leads to the end of the day before. */
  const stepped = (ms, days) => endOf(dayOf(ms) + (isEnd(ms) || days < 0 ? days : days - 1));

  Object.assign(t, {play, pause, faster, typed, now, unlink, jump, share, down, drag, up, key});
})();
