/* The bar of the time machine: built once for each page, named in its language, and where its hands, fields and buttons stand. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const t = Fangyi.time, {dayOf, DAY, endOf, date, hour, written} = t;
  const say = (key, values) => Fangyi.say(`browser.time.${key}`, values);
  const NAMED = {as_of: () => say('as_of'), known_at: () => say('known_at'), rule: () => say('rule'), bulletin: () => say('bulletin'), order: () => say('order')};
  const CLOCKS = ['as_of', 'known_at'], IDS = {as_of: 'as-of-day', known_at: 'known-at-day'};

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
    ui.play = button('time-play', 'play', run, 'time-play', () => t.play());
    ui.speed = button('time-speed', '', run, 'time-speed', () => t.faster());
    ui.link = button('time-link', 'link', run, 'time-link', () => t.unlink());
    const fields = make('div', 'time-fields', hands);
    for (const name of CLOCKS) {
      const row = make('label', `time-field ${name}`, fields);
      make('span', 'time-label', row);
      const field = (ui[`date_${name}`] = make('input', 'time-date', row, {type: 'text', inputmode: 'numeric', maxlength: '10', size: '10', autocomplete: 'off', placeholder: '2020-02-12', id: `time-${name}`}));
      make('span', 'time-hour', row);
      field.addEventListener('change', () => t.typed(name, field));
      field.addEventListener('keydown', event => { if (event.key === 'Escape') { field.value = date(t[name]); field.removeAttribute('aria-invalid'); } });
    }
    ui.canvas = make('canvas', 'time-curve', track);
    ui.tip = make('div', 'time-tip', track, {hidden: ''});
    for (const name of CLOCKS) {
      const hand = (ui[name] = make('div', `time-hand ${name}`, track, {id: IDS[name]}));
      make('span', 'time-grip', hand, {role: 'slider', tabindex: '0'});
      hand.firstChild.addEventListener('keydown', event => t.key(event, name));
      hand.firstChild.addEventListener('focus', () => { t.focused = name; });
      hand.firstChild.addEventListener('blur', event => { if (event.relatedTarget) t.focused = null; });
    }
    track.addEventListener('pointerdown', event => t.down(event));
    track.addEventListener('pointermove', event => t.drag(event));
    for (const end of ['pointerup', 'pointercancel', 'lostpointercapture']) track.addEventListener(end, () => t.up());
    track.addEventListener('pointerleave', () => { ui.tip.hidden = true; });
    ui.moments = make('details', 'menu moments', tools);
    ui.moments.open = open;
    make('summary', 'time-button', ui.moments, {id: 'time-moments'});
    make('div', 'menu-body', ui.moments);
    ui.share = button('time-share', 'share', tools, 'time-share', () => t.share());
    ui.now = button('time-now quiet', '', tools, 'back-to-now', () => t.now());
    if (ui.size) ui.size.disconnect();
    (ui.size = new ResizeObserver(() => place())).observe(track);
    if (t.focused && document.activeElement === document.body) ui[t.focused].firstChild.focus({preventScroll: true}); // the page came anew under the hand
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
        const link = make('a', 'moment', body, {href: t.address(one.as_of, one.known_at)});
        make('b', '', link, {text: written(one.known_at)});
        link.append(one.text);
        link.addEventListener('click', event => {
          if (event.ctrlKey || event.metaKey || event.shiftKey) return;
          event.preventDefault();
          t.ui.moments.open = false;
          t.jump(one);
        });
      }
    }
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
    redraw(t.last || data.curve);
  }

  function redraw(known) {
    const {ui, data} = t;
    if (!ui || !data || !ui.canvas.clientWidth) return;
    t.last = known;
    const heard = data.cases.filter(at => at <= t.known_at), ended = heard.length ? dayOf(heard[heard.length - 1] + 1) - 1 : data.first - 1;
    const ticks = data.moments.map(one => [dayOf(one.kind === 'rule' ? one.as_of : one.known_at), one.kind]);
    Fangyi.time.curve(ui.canvas, {curve: known, latest: data.latest, first: data.first, last: data.last, until: dayOf(t.as_of), covered: ended, step: data.step, ticks, colours: data.looks.curve});
  }

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

  Object.assign(t, {build, words, buttons, place, redraw, tip, shareOf});
})();
