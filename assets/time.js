/* The time machine: two hands on the daily curve. While one moves, frames travel (time_frame.js); when it rests, the address changes.
   Here is where the hands stand; time_bar.js builds and names what is seen, time_hands.js answers mouse and keys. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const {dayOf, DAY, ZONE} = Fangyi.time = Object.assign(Fangyi.time || {}, {DAY: 864e5, ZONE: 8 * 36e5, dayOf: ms => Math.floor((ms + 8 * 36e5) / 864e5)});
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
      else { t.drawn = asked.seq; Fangyi.time.put(frame, t.data, t.order.ids, written); t.redraw(frame.curve); }
    } catch (error) { if (error !== LOST) Fangyi.fail(error); } // a lost connection is told by the pulse
    wish.busy = false;
    pump();
  }

  const LOST = Symbol('no answer came');
  /** What the server answers, read as told; without a connection LOST is thrown. */
  async function heard(url, read) {
    const answer = await fetch(url, {credentials: 'same-origin'}).catch(() => { throw LOST; });
    if (!answer.ok) throw new Error(`${url.split('?')[0]}: ${answer.status}`);
    return answer[read]().catch(() => { throw LOST; });
  }

  async function ask({as_of, known_at}) {
    const data = t.data, query = new URLSearchParams({page: data.page, as_of: iso(as_of), known_at: iso(known_at), v: data.order.v});
    if (data.area) query.set('area', data.area);
    const frame = Fangyi.time.unpack(await heard(`/scrub?${query}`, 'arrayBuffer'));
    if (frame.v !== data.order.v) data.order = await heard(`/scrub/order?area=${encodeURIComponent(data.area)}`, 'json');
    if (!t.order || t.order.v !== data.order.v) t.order = await names(data.order).catch(error => { throw error instanceof TypeError ? LOST : error; });
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
    Object.assign(t, {resting: t.resting || 'soon', fresh: false});
    t.place();
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

  /** Something new came in: what is counted moves at once; the page, whose plans take longer, follows and takes over. */
  t.news = ({as_of, known_at}) => {
    if (!t.data || !t.box || !t.box.isConnected || t.data.stays || (moving() && !t.fresh) || t.data.fixed.length) return;
    Object.assign(t, {as_of: Date.parse(as_of), known_at: Date.parse(known_at), resting: 'asked', fresh: true});
    t.place();
    want();
  };

  /** The page of these clocks stands: what stood in for it goes. */
  function settled(unchanged) {
    Object.assign(t, {resting: null, fresh: false, seq: t.seq + 1, drawn: t.seq + 1});
    Fangyi.time.rest();
    if (unchanged && Fangyi.map && Fangyi.map.spec && Fangyi.map.restyled) Fangyi.show(Fangyi.map.spec);
    t.redraw(t.data.curve);
  }

  Object.assign(t, {iso, date, hour, written, address, endOf, isEnd, want, go, rested: rest, restSoon, send, settled, stop: () => clearTimeout(timer), asking: () => wish.busy});

  // ---- a page came: take its clocks, unless a hand holds them

  function look() {
    const box = document.querySelector('#timeline[data-time]');
    if (!box) { t.box = null; return; }
    const told = box.dataset.time;
    if (box === t.box && told === t.told) return;
    const fresh = box !== t.box || !box.firstChild, data = JSON.parse(told), other = !t.data || data.page !== t.data.page;
    Object.assign(t, {box, told, data});
    if (box.hidden) t.ui = null; else if (fresh) t.build(box); // a wall has no hands
    if (other) Object.assign(t, {held: null, playing: null, resting: null, last: null});
    const mine = data.as_of === t.as_of && data.known_at === t.known_at;
    if (other || !(t.held || t.playing || (t.resting === 'soon' && !mine))) {
      Object.assign(t, {as_of: data.as_of, known_at: data.known_at});
      if (data.as_of !== data.known_at) t.linked = false;
      settled(false);
    }
    if (!t.ui) return;
    t.words();
    t.buttons();
  }
  new MutationObserver(look).observe(document.documentElement, {childList: true, subtree: true, attributes: true, attributeFilter: ['data-time']});
  addEventListener('DOMContentLoaded', look);
})();
