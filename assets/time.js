/* The time machine: two hands on the daily curve. While one moves, frames travel (time_frame.js); when it rests, the address changes. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const say = (key, values) => Fangyi.say(`browser.time.${key}`, values);
  const NAMED = {as_of: () => say('as_of'), known_at: () => say('known_at'), rule: () => say('rule'), bulletin: () => say('bulletin'), order: () => say('order')};
  const {dayOf, DAY, ZONE} = Fangyi.time = Object.assign(Fangyi.time || {}, {DAY: 864e5, ZONE: 8 * 36e5, dayOf: ms => Math.floor((ms + 8 * 36e5) / 864e5)});
  const CLOCKS = ['as_of', 'known_at'], SPEEDS = [1, 2, 4, 8], IDS = {as_of: 'as-of-day', known_at: 'known-at-day'};
  const endOf = day => (day + 1) * DAY - ZONE - 1, isEnd = ms => (ms + ZONE + 1) % DAY === 0;
  const t = Object.assign(Fangyi.time, {data: null, box: null, as_of: 0, known_at: 0, linked: true, held: null, playing: null, focused: null, speed: 2, seq: 0, drawn: 0, dropped: 0, order: null});

  // ---- times as people and addresses write them

  const iso = ms => new Date(ms + ZONE).toISOString().slice(0, 23);
  const date = ms => iso(ms).slice(0, 10);
  const hour = ms => (isEnd(ms) ? '24:00' : iso(ms).slice(11, 16));
  const written = ms => `${Fangyi.time.dayText(dayOf(ms))} ${hour(ms)}`;

  /** The address of a moment: what the page's own address says besides, and both clocks. */
  function address(as_of, known_at, path) {
    const query = new URLSearchParams(t.data.search);
    for (const [name, at] of [['as_of', as_of], ['known_at', known_at]]) at === null ? query.delete(name) : query.set(name, iso(at));
    const text = query.toString().replaceAll('%3A', ':').replaceAll('%2F', '/');
    return (path || t.data.page) + (text ? `?${text}` : '');
  }

  // ---- frames: one on its way at a time, the newest wish next; whatever comes late is dropped

  const wish = {wanted: null, busy: false};
  function want() { wish.wanted = {as_of: t.as_of, known_at: t.known_at, seq: ++t.seq}; pump(); }

  async function pump() {
    if (wish.busy || !wish.wanted) return;
    const asked = wish.wanted;
    Object.assign(wish, {busy: true, wanted: null});
    try {
      const frame = await ask(asked);
      await new Promise(requestAnimationFrame);
      if (asked.seq < t.drawn || t.data === null || !moving()) t.dropped += 1; // asked after the wait: the page may have come meanwhile
      else { t.drawn = asked.seq; Fangyi.time.put(frame, t.data, t.order.ids, written); curve(frame.curve); }
    } catch (error) { if (!(error instanceof TypeError)) Fangyi.fail(error); } // a lost connection is told by the pulse
    wish.busy = false;
    pump();
  }

  async function ask({as_of, known_at}) {
    const query = new URLSearchParams({page: t.data.page, as_of: iso(as_of), known_at: iso(known_at), v: t.data.order.v});
    if (t.data.area) query.set('area', t.data.area);
    const answer = await fetch(`/scrub?${query}`, {credentials: 'same-origin'});
    if (!answer.ok) throw new Error(`scrub: ${answer.status}`);
    const frame = Fangyi.time.unpack(await answer.arrayBuffer());
    if (frame.v !== t.data.order.v) t.data.order = await (await fetch(`/scrub/order?area=${encodeURIComponent(t.data.area)}`, {credentials: 'same-origin'})).json();
    if (!t.order || t.order.v !== t.data.order.v) t.order = await names(t.data.order);
    return frame;
  }

  async function names({v, compounds, hospitals}) {
    const [homes, sites] = await Promise.all([compounds, hospitals].map(url => Fangyi.tables(`tbl:${url}|${url}|${url}`)));
    return {v, ids: {compounds: homes.names.text.id, hospitals: sites.names.text.id}};
  }

  // ---- moving and resting

  const moving = () => t.held !== null || t.playing !== null || t.resting !== null;
  t.resting = null;

  /** Both hands to these moments; with the clocks together the other follows. */
  function go(name, ms) {
    const first = endOf(t.data.first), last = endOf(t.data.last), to = Math.min(Math.max(ms, first), last);
    if (t.linked) Object.assign(t, {as_of: to, known_at: to}); else t[name] = to;
    t.resting = t.resting || 'soon';
    place();
    want();
  }

  let timer = null;
  function restSoon(wait) { clearTimeout(timer); timer = setTimeout(rest, wait); }
  function rest() {
    clearTimeout(timer);
    if (t.held || t.playing) return;
    if (t.as_of === t.data.as_of && t.known_at === t.data.known_at) return settled(true);
    t.resting = 'asked';
    send({as_of: t.as_of, known_at: t.known_at});
  }
  const send = clocks => Fangyi.send('clocks', {...clocks, path: t.data.page, t: Date.now()});

  /** The page of these clocks stands: what stood in for it goes. */
  function settled(unchanged) {
    Object.assign(t, {resting: null, seq: t.seq + 1, drawn: t.seq + 1});
    Fangyi.time.rest();
    if (unchanged && Fangyi.map && Fangyi.map.spec && Fangyi.map.restyled) Fangyi.show(Fangyi.map.spec);
    curve(t.data.curve);
  }

  // ---- playing

  function play() {
    if (t.playing) return pause();
    if (dayOf(t.as_of) >= t.data.last) Object.assign(t, t.linked ? {as_of: endOf(t.data.first), known_at: endOf(t.data.first)} : {as_of: endOf(t.data.first)});
    t.playing = {from: dayOf(t.as_of), since: performance.now()};
    buttons();
    requestAnimationFrame(run);
  }
  function run(now) {
    if (!t.playing) return;
    const day = t.playing.from + Math.floor(((now - t.playing.since) / 1000) * t.speed);
    if (day !== dayOf(t.as_of) && !wish.busy) go('as_of', endOf(Math.min(day, t.data.last)));
    if (dayOf(t.as_of) >= t.data.last) return pause();
    requestAnimationFrame(run);
  }
  function pause() { t.playing = null; buttons(); t.resting = t.resting || 'soon'; rest(); }
  function faster() {
    t.speed = SPEEDS[(SPEEDS.indexOf(t.speed) + 1) % SPEEDS.length];
    if (t.playing) t.playing = {from: dayOf(t.as_of), since: performance.now()};
    buttons();
  }

  // ---- building it once for each page

  function make(tag, name, parent, more) {
    const made = document.createElement(tag), {text, ...rest} = more || {};
    made.className = name;
    if (text) made.textContent = text;
    for (const [key, value] of Object.entries(rest)) made.setAttribute(key, value);
    if (parent) parent.append(made);
    return made;
  }

  function button(name, icon, parent, id, work) {
    const made = make('button', `time-button ${name}`, parent, {type: 'button', ...(id ? {id} : {})});
    if (icon) make('i', `icon ${icon}`, made, {'aria-hidden': 'true'});
    made.addEventListener('click', work);
    return made;
  }

  function build(box) {
    const open = !!(t.ui && t.ui.moments.open); // a page that comes anew closes no menu
    box.replaceChildren();
    const hands = make('div', 'time-hands', box), track = make('div', 'time-track', box), tools = make('div', 'time-tools', box);
    const ui = (t.ui = {box, track, tools});
    const run = make('div', 'time-run', hands);
    ui.play = button('time-play', 'play', run, 'time-play', play);
    ui.speed = button('time-speed', '', run, 'time-speed', faster);
    ui.link = button('time-link', 'link', run, 'time-link', unlink);
    const fields = make('div', 'time-fields', hands);
    for (const name of CLOCKS) {
      const row = make('label', `time-field ${name}`, fields);
      make('span', 'time-label', row);
      const field = (ui[`date_${name}`] = make('input', 'time-date', row, {type: 'text', inputmode: 'numeric', maxlength: '10', size: '10', autocomplete: 'off', placeholder: '2020-02-12', id: `time-${name}`}));
      make('span', 'time-hour', row);
      field.addEventListener('change', () => typed(name, field));
      field.addEventListener('keydown', event => { if (event.key === 'Escape') { field.value = date(t[name]); field.removeAttribute('aria-invalid'); } });
    }
    ui.canvas = make('canvas', 'time-curve', track);
    ui.tip = make('div', 'time-tip', track, {hidden: ''});
    for (const name of CLOCKS) {
      const hand = (ui[name] = make('div', `time-hand ${name}`, track, {id: IDS[name]}));
      make('span', 'time-grip', hand, {role: 'slider', tabindex: '0'});
      hand.firstChild.addEventListener('keydown', event => key(event, name));
      hand.firstChild.addEventListener('focus', () => { t.focused = name; });
      hand.firstChild.addEventListener('blur', event => { if (event.relatedTarget) t.focused = null; });
    }
    track.addEventListener('pointerdown', down);
    track.addEventListener('pointermove', drag);
    for (const end of ['pointerup', 'pointercancel', 'lostpointercapture']) track.addEventListener(end, up);
    track.addEventListener('pointerleave', () => { ui.tip.hidden = true; });
    ui.moments = make('details', 'menu moments', tools);
    ui.moments.open = open;
    make('summary', 'time-button', ui.moments, {id: 'time-moments'});
    make('div', 'menu-body', ui.moments);
    ui.share = button('time-share', 'share', tools, 'time-share', share);
    ui.now = button('time-now quiet', '', tools, 'back-to-now', now);
    if (ui.size) ui.size.disconnect();
    (ui.size = new ResizeObserver(() => place())).observe(track);
    if (t.focused && document.activeElement === document.body) ui[t.focused].firstChild.focus({preventScroll: true}); // the page came anew under the hand
  }
  /** A date by hand; what is no day is marked and moves nothing. */
  function typed(name, field) {
    const parts = field.value.trim().split(/[^0-9]+/), day = Date.parse(`${parts[0]}-${(parts[1] || '').padStart(2, '0')}-${(parts[2] || '').padStart(2, '0')}T00:00:00Z`);
    const is = parts.length === 3 && Number.isFinite(day);
    field.toggleAttribute('aria-invalid', !is);
    if (!is) return;
    const to = day + DAY - ZONE - 1;
    if (dayOf(to) > t.data.last) { field.value = date(endOf(t.data.last)); return go(name, endOf(t.data.last)), restSoon(0); }
    if (dayOf(to) >= t.data.first) return go(name, to), restSoon(0);
    Object.assign(t, t.linked ? {as_of: to, known_at: to} : {[name]: to}, {resting: 'asked'}); // before the curve begins
    rest();
  }
  function now() {
    const {data} = t;
    Object.assign(t, {playing: null, as_of: data.now, known_at: data.now});
    if (data.fixed.some(name => CLOCKS.includes(name))) { t.resting = 'asked'; place(); want(); return send({as_of: null, known_at: null}); }
    Object.assign(t, {as_of: data.as_of, known_at: data.known_at});
    settled(true);
    buttons();
  }

  function unlink() {
    t.linked = !t.linked;
    buttons();
    if (t.linked && t.known_at !== t.as_of) { go('as_of', t.as_of); restSoon(0); }
  }

  function words() {
    const ui = t.ui;
    for (const name of CLOCKS) {
      ui[`date_${name}`].previousSibling.textContent = NAMED[name]();
      ui[`date_${name}`].setAttribute('aria-label', `${say('date')}: ${NAMED[name]()}`);
    }
    for (const [name, words] of [['speed', say('faster')], ['share', say('share')], ['now', say('now')]]) { ui[name].title = words; ui[name].setAttribute('aria-label', words); }
    ui.now.textContent = say('now');
    ui.box.setAttribute('role', 'group');
    ui.box.setAttribute('aria-label', say('machine'));
    ui.moments.querySelector('summary').replaceChildren(make('i', 'icon clock-hand', null, {'aria-hidden': 'true'}), say('moments'));
    menu();
  }

  function menu() {
    const body = t.ui.moments.querySelector('.menu-body');
    body.replaceChildren();
    for (const kind of ['rule', 'bulletin', 'order']) {
      const some = t.data.moments.filter(one => one.kind === kind);
      make('span', 'menu-title', body, {text: `${NAMED[kind]()} · ${some.length || say('none')}`});
      for (const one of some) {
        const link = make('a', 'moment', body, {href: address(one.as_of, one.known_at)});
        make('b', '', link, {text: written(one.known_at)});
        link.append(one.text);
        link.addEventListener('click', event => {
          if (event.ctrlKey || event.metaKey || event.shiftKey) return;
          event.preventDefault();
          t.ui.moments.open = false;
          jump(one);
        });
      }
    }
  }

  function jump({as_of, known_at}) {
    Object.assign(t, {as_of, known_at, linked: as_of === known_at && t.linked, resting: 'asked'});
    place();
    buttons();
    want();
    rest();
  }

  async function share() {
    const link = location.origin + address(t.as_of, t.known_at);
    t.shared = link;
    try { await navigator.clipboard.writeText(link); } catch (_) { // no secure context: the old way
      const field = make('textarea', 'time-copy', document.body);
      field.value = link;
      field.select();
      document.execCommand('copy');
      field.remove();
    }
    const told = make('span', 'time-told', t.ui.tools, {role: 'status', text: say('copied')});
    setTimeout(() => told.remove(), 2500);
  }

  function buttons() {
    const {ui} = t, running = !!t.playing;
    ui.play.firstChild.className = `icon ${running ? 'pause' : 'play'}`;
    ui.play.title = running ? say('pause') : say('play');
    ui.play.setAttribute('aria-label', ui.play.title);
    ui.speed.textContent = say('speed', {n: t.speed});
    ui.speed.setAttribute('aria-label', `${ui.speed.textContent} · ${say('faster')}`); // whoever speaks to the machine says what is written
    ui.link.setAttribute('aria-pressed', String(t.linked));
    ui.link.title = `${t.linked ? say('linked') : say('apart')} · ${say('link')}`;
    ui.link.setAttribute('aria-label', say('link'));
    ui.box.classList.toggle('apart', !t.linked);
    ui.now.disabled = !t.data.fixed.some(name => CLOCKS.includes(name)) && t.resting === null;
    place();
  }

  // ---- where the hands stand

  const shareOf = ms => { const from = endOf(t.data.first - 1), to = endOf(t.data.last); return Math.min(Math.max((ms - from) / (to - from), 0), 1); };

  function place() {
    const {ui, data} = t;
    if (!ui || !data) return;
    for (const name of CLOCKS) {
      const grip = ui[name].firstChild, field = ui[`date_${name}`];
      ui[name].style.left = `${100 * shareOf(t[name])}%`;
      ui[name].classList.toggle('changed', t[name] !== data.now);
      grip.setAttribute('aria-label', NAMED[name]());
      for (const [key, value] of [['aria-valuemin', data.first], ['aria-valuemax', data.last], ['aria-valuenow', Math.min(Math.max(dayOf(t[name]), data.first), data.last)], ['aria-valuetext', written(t[name])]]) grip.setAttribute(key, value);
      if (document.activeElement !== field) { field.value = date(t[name]); field.removeAttribute('aria-invalid'); }
      field.nextSibling.textContent = hour(t[name]);
    }
    curve(t.last || data.curve);
  }

  function curve(known) {
    const {ui, data} = t;
    if (!ui || !data || !ui.canvas.clientWidth) return;
    t.last = known;
    const heard = data.cases.filter(at => at <= t.known_at), ended = heard.length ? dayOf(heard[heard.length - 1] + 1) - 1 : data.first - 1;
    const ticks = data.moments.map(one => [dayOf(one.kind === 'rule' ? one.as_of : one.known_at), one.kind]);
    Fangyi.time.curve(ui.canvas, {curve: known, latest: data.latest, first: data.first, last: data.last, until: dayOf(t.as_of), covered: ended, step: data.step, ticks, colours: data.looks.curve});
  }

  // ---- pointer and keys

  const dayAt = event => { const box = t.ui.track.getBoundingClientRect(), days = t.data.last - t.data.first + 1; return t.data.first + Math.min(Math.max(Math.floor(((event.clientX - box.left) / box.width) * days), 0), days - 1); };

  function down(event) {
    if (event.button) return;
    const day = dayAt(event), near = name => Math.abs(shareOf(t[name]) - shareOf(endOf(day)));
    const own = event.target.closest('.time-hand');
    const name = t.linked ? 'as_of' : own ? CLOCKS.find(one => t.ui[one] === own) : near('known_at') < near('as_of') ? 'known_at' : 'as_of';
    t.playing = null;
    t.held = {name, day: null};
    clearTimeout(timer);
    t.ui.track.setPointerCapture(event.pointerId);
    t.ui[name].firstChild.focus({preventScroll: true});
    if (!own) drag(event);
    event.preventDefault();
  }
  function drag(event) {
    const day = dayAt(event);
    tip(day);
    if (!t.held || day === t.held.day) return;
    t.held.day = day;
    go(t.held.name, endOf(day));
  }
  function up() {
    if (!t.held) return;
    t.held = null;
    buttons();
    rest();
  }

  function key(event, name) {
    const step = {ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 7, PageDown: -7}[event.key];
    const {first, last} = t.data;
    if (event.key === ' ') play();
    else if (event.key === 'Home') go(name, endOf(first));
    else if (event.key === 'End') go(name, endOf(last));
    else if (step) go(name, stepped(t[name], event.shiftKey ? Math.sign(step) * 7 : step));
    else return;
    event.preventDefault();
    event.stopPropagation();
    if (!t.playing) restSoon(450);
  }
  /** A step back from the middle of a day leads to the end of the day before. */
  const stepped = (ms, days) => endOf(dayOf(ms) + (isEnd(ms) || days < 0 ? days : days - 1));

  function tip(day) {
    const {ui, data} = t, known = (t.last || data.curve), n = curve_ => curve_.first === null ? 0 : (curve_.confirmed[day - curve_.first] || 0) + (curve_.clinical[day - curve_.first] || 0);
    const parts = [Fangyi.time.dayText(day), `${say('new')} ${Fangyi.time.figure(n(known))}`];
    if (n(data.latest) !== n(known)) parts.push(`${say('later')} ${Fangyi.time.figure(n(data.latest))}`);
    if (data.step.includes(day)) parts.push(say('step'));
    for (const one of data.moments) if (one.kind !== 'bulletin' && dayOf(one.known_at) === day && parts.length < 6) parts.push(one.text);
    ui.tip.textContent = parts.join(' · ');
    ui.tip.hidden = false;
    const at = shareOf(endOf(day) - DAY / 2);
    ui.tip.style.left = `${100 * at}%`;
    ui.tip.style.transform = `translateX(${at < 0.15 ? 0 : at > 0.85 ? -100 : -50}%)`;
  }

  // ---- a page came: take its clocks, unless a hand holds them

  function look() {
    const box = document.querySelector('#timeline[data-time]');
    if (!box) { t.box = null; return; }
    const told = box.dataset.time;
    if (box === t.box && told === t.told) return;
    const fresh = box !== t.box || !box.firstChild, data = JSON.parse(told), other = !t.data || data.page !== t.data.page;
    Object.assign(t, {box, told, data});
    if (fresh) build(box);
    if (other) Object.assign(t, {held: null, playing: null, resting: null, last: null});
    const mine = data.as_of === t.as_of && data.known_at === t.known_at;
    if (other || !(t.held || t.playing || (t.resting === 'soon' && !mine))) {
      Object.assign(t, {as_of: data.as_of, known_at: data.known_at});
      if (data.as_of !== data.known_at) t.linked = false;
      settled(false);
    }
    words();
    buttons();
  }
  new MutationObserver(look).observe(document.documentElement, {childList: true, subtree: true, attributes: true, attributeFilter: ['data-time']});
  addEventListener('DOMContentLoaded', look);
})();
