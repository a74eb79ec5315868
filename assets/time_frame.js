/* One moment on the whole screen: reads a frame of dashboard/scrub.py and puts it on map, tiles, tables and curves at once. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const say = (key, values) => Fangyi.say(`browser.time.${key}`, values);
  const DAY = 864e5, ZONE = 8 * 36e5;
  const ARRAYS = {uint8: Uint8Array, uint16: Uint16Array, int32: Int32Array, float32: Float32Array, float64: Float64Array};
  const figure = value => Fangyi.number(value);
  const dayOf = ms => Math.floor((ms + ZONE) / DAY);
  Fangyi.time = Object.assign(Fangyi.time || {}, {dayOf, figure, DAY, ZONE});

  /** The frame of an answer: its JSON, with `columns` as name -> typed array. */
  Fangyi.time.unpack = buffer => {
    const size = new DataView(buffer).getUint32(0, true), columns = {};
    const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, size)));
    let at = 4 + size;
    for (const [name, dtype, count] of head.columns) {
      columns[name] = new ARRAYS[dtype](buffer, at, count);
      at += Math.ceil(columns[name].byteLength / 8) * 8;
    }
    return {...head, columns};
  };

  // ---- figures: a twin stands in for what the page wrote, so that the page itself stays as the server made it

  function twin(original, text) {
    let other = original.nextElementSibling;
    if (!other || !other.classList.contains('twin')) {
      other = document.createElement(original.tagName);
      other.className = `${original.className.replace('twinned', '')} twin`;
      original.after(other);
      original.classList.add('twinned');
    }
    if (other.textContent !== text) other.textContent = text;
    return other;
  }

  /** key: the name of a figure of the area, or DISTRICT/n for the n-th figure of a district. */
  function valueOf(frame, key) {
    const [place, at] = key.split('/');
    if (at === undefined) return frame.figures[key];
    return frame.districts[place] ? frame.districts[place][at] : frame.figures.ever_counted === null ? null : 0; // of a feed that never came nothing is known
  }

  function tile(part, frame) {
    const key = part.dataset.scrub, value = part.querySelector('.tile-value:not(.twin)'), foot = part.querySelector('.tile-change:not(.twin)');
    if (!value) return;
    if (key === 'occupancy') {
      const {beds_open: open, beds_used: used} = frame.figures;
      twin(value, open && used !== null ? (Math.round((1000 * used) / open) / 10).toFixed(1) : '–');
      if (foot) twin(foot, say('free', {n: open === null || used === null ? '–' : figure(open - used)}));
      return;
    }
    twin(value, figure(valueOf(frame, key)));
    if (foot && part.dataset.scrubNew) twin(foot, say('newly', {n: figure(valueOf(frame, part.dataset.scrubNew))}));
  }

  function figures(frame) {
    const wait = Fangyi.time.fresh ? say('wait_news') : say('wait'); // no hand holds the clocks where news moved them
    for (const part of document.querySelectorAll('[data-scrub]')) {
      if (part.classList.contains('twin')) continue;
      if (part.classList.contains('tile')) tile(part, frame);
      else if (part.dataset.scrubBar) bar(part, valueOf(frame, part.dataset.scrub), frame);
      else twin(part, figure(valueOf(frame, part.dataset.scrub)));
    }
    const hand = Fangyi.hand();
    for (const waits of document.querySelectorAll('.column .panel, .sheet .panel')) {
      if (waits.contains(hand)) delete waits.dataset.wait; // who is at work in it sees it
      else if (!waits.querySelector('[data-scrub], .curve') && waits.dataset.wait !== wait) waits.dataset.wait = wait;
    }
  }

  /** A bar as long as its share of the longest in its table. */
  function bar(part, value, frame) {
    const most = Math.max(1, ...Array.from(part.closest('table').querySelectorAll('[data-scrub-bar]')).map(one => valueOf(frame, one.dataset.scrub)));
    part.style.setProperty('--scrub', `${(100 * value) / most}%`);
  }

  function clocks(frame, written) {
    const hands = document.querySelectorAll('.head .clock .clock-time:not([data-clock]):not(.twin)');
    [frame.as_of, frame.known_at].forEach((at, number) => { if (hands[number]) twin(hands[number], written(at)); });
  }

  // ---- the map: counts by compound and hospital become the columns that its layers read

  const classOf = (edges, value) => { let at = 0; while (at < edges.length && value >= edges[at]) at++; return at; };
  const places = new WeakMap(); // ids of a layer's rows -> their places in a frame's order

  function rowsOf(ids, order) {
    const kept = places.get(ids);
    if (kept && kept.order === order) return kept.rows;
    const at = new Map(order.map((id, number) => [id, number]));
    const rows = Int32Array.from(ids, id => (at.has(id) ? at.get(id) : -1));
    places.set(ids, {order, rows});
    return rows;
  }

  const picked = (rows, values, other) => Float32Array.from(rows, row => (row < 0 ? other : values[row]));
  const plain = values => ({values, size: 1});

  function painted(values, look) {
    const colours = new Uint8Array(values.length * 4);
    values.forEach((value, i) => colours.set(Number.isNaN(value) ? look.unknown : look.colours[classOf(look.edges, value)], 4 * i));
    return {values: colours, size: 4};
  }

  function compounds(rows, columns, look) {
    const given = {};
    for (const name of ['now_confirmed', 'now_clinical', 'now_suspected', 'new14_counted']) given[name] = plain(picked(rows, columns[name], 0));
    const sum = given.now_confirmed.values.map((n, i) => n + given.now_clinical.values[i]);
    return {...given, confirmed_now: plain(sum), fill_rgba: painted(sum, look), height: plain(sum.map(n => (n || 0) * look.metres))};
  }

  function circles(rows, columns, look) {
    const given = {};
    for (const [status, colour] of Object.entries(look.colours)) {
      const n = picked(rows, columns[`now_${status}`], 0), colours = new Uint8Array(n.length * 4);
      n.forEach((count, i) => { if (count > 0) colours.set(colour, 4 * i); }); // nobody: not even the line of a ring
      given[`now_${status}`] = plain(n);
      given[`radius_${status}`] = plain(n.map(count => look.metres * Math.sqrt(count || 0)));
      given[`${status}_rgba`] = {values: colours, size: 4};
    }
    return given;
  }

  function hospitals(rows, columns, look) {
    const open = picked(rows, columns.beds_open, NaN), used = picked(rows, columns.beds_used, NaN);
    const share = used.map((n, i) => (open[i] > 0 ? n / open[i] : NaN));
    return {
      beds_open: plain(open), beds_used: plain(used), beds_free: plain(open.map((n, i) => n - used[i])), share_used: plain(share),
      fill_rgba: painted(share, look), height: plain(open.map(n => (Number.isNaN(n) ? 0 : n * look.metres))),
    };
  }

  const MAKE = {compounds: [compounds, 'compounds'], cases: [circles, 'compounds'], hospitals: [hospitals, 'hospitals']};

  function map(frame, data, order) {
    const state = Fangyi.map, given = {};
    if (!state || !state.layers || !Fangyi.restyle) return;
    const told = key => { const layer = state.layers.find(one => one.json.layer === key && !one.labels); return layer && layer.tables.names.text.id; };
    for (const key of data.moves) {
      const [make, kind] = MAKE[key], ids = told(key) || (key === 'cases' ? told('compounds') : null);
      if (ids) given[key] = make(rowsOf(ids, order[kind]), frame.columns, data.looks[key]);
    }
    Fangyi.restyle(given);
  }

  /** Where the page paints compounds by proposal, a legend of counts stands in for its own while they show counts. */
  function legend(data) {
    const own = document.querySelector('.foot .legend:not(.twin)');
    if (!own || !data.painted || !data.moves.includes('compounds') || own.classList.contains('twinned')) return;
    const made = twin(own, '');
    const title = document.createElement('span'), ramp = document.createElement('span');
    title.className = 'legend-about';
    title.textContent = say('cases');
    ramp.className = 'legend-ramp';
    data.looks.compounds.texts.forEach((words, i) => {
      const row = document.createElement('span'), key = document.createElement('i'), label = document.createElement('span');
      row.className = 'legend-row';
      key.className = 'key square';
      const colour = data.looks.compounds.colours[i];
      key.style.setProperty('--colour', `rgb(${colour.slice(0, 3)})`);
      key.style.setProperty('--light', `rgb(${Fangyi.skin.colour(colour).slice(0, 3)})`);
      label.textContent = words;
      row.append(key, label);
      ramp.append(row);
    });
    made.append(title, ramp);
  }

  /** Puts a frame on everything that moves; `order` holds the ids of its rows, `written` writes a moment. */
  Fangyi.time.put = (frame, data, order, written) => {
    const foot = document.querySelector('.main > .foot, .foot.has-timeline');
    if (foot && !foot.style.minHeight) foot.style.minHeight = `${foot.offsetHeight}px`; // the hand stays under the pointer, whatever the legend says meanwhile
    document.documentElement.classList.add('scrubbing');
    map(frame, data, order);
    figures(frame);
    clocks(frame, written);
    legend(data);
    for (const box of document.querySelectorAll('.graph-box.curve')) {
      const canvas = twinCanvas(box);
      Fangyi.time.curve(canvas, {curve: frame.curve, until: dayOf(frame.as_of), first: data.first, last: data.last, step: data.step, tall: true, colours: data.looks.curve});
    }
    Object.assign(Fangyi.time, {shown: frame});
  };

  function twinCanvas(box) {
    let other = box.nextElementSibling;
    if (other && other.classList.contains('twin')) return other;
    other = document.createElement('canvas');
    other.className = 'twin curve-canvas';
    other.style.height = `${box.clientHeight}px`;
    box.after(other);
    box.classList.add('twinned');
    return other;
  }

  /** Takes the twins away: what the server wrote stands alone again. */
  Fangyi.time.rest = () => {
    if (!document.documentElement.classList.contains('scrubbing')) return;
    document.documentElement.classList.remove('scrubbing');
    for (const other of document.querySelectorAll('.twin')) other.remove();
    for (const original of document.querySelectorAll('.twinned')) original.classList.remove('twinned');
    for (const waits of document.querySelectorAll('[data-wait]')) delete waits.dataset.wait;
    for (const part of document.querySelectorAll('[data-scrub-bar]')) part.style.removeProperty('--scrub');
    for (const foot of document.querySelectorAll('.foot')) foot.style.removeProperty('min-height');
  };
})();
