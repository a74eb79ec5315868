/* The tour of the first visit: steps over the parts of a desk page. Escape or a click beside it ends it at once; what was seen is kept,
   help starts it again. Never on the wall, nor with ?tour=0 or ?lite=1. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const make = Fangyi.make;
  const say = (key, values) => Fangyi.say(`browser.tour.${key}`, values);
  const KEY = 'fangyi-tour', query = () => new URLSearchParams(location.search);
  const STEPS = [ // title, text, the part of the page (all that match are one part), and what stands for it where there is none
    ['browser.tour.welcome_title', 'browser.tour.welcome', '.head .nav'],
    ['browser.tour.clocks_title', 'browser.tour.clocks', '.head-right .clock'],
    ['browser.tour.area_title', 'browser.tour.area', '.head-right .area'],
    ['browser.tour.figures_title', 'browser.tour.figures', '.column.left .tiles', '.column.left'],
    ['browser.tour.decide_title', 'browser.tour.decide', '.column.right'],
    ['browser.tour.time_title', 'browser.tour.time', '.foot'],
    ['browser.tour.help_title', 'browser.tour.help', '.head [data-help]'],
  ];
  const shown = element => !!element && element.getClientRects().length > 0;
  const targets = step => step.slice(2).map(one => [...document.querySelectorAll(one)].filter(shown)).find(all => all.length) || [];
  const target = step => targets(step)[0];
  const steps = () => STEPS.filter(step => target(step));

  let card = null, spot = null, at = 0, back = null;

  function end() {
    if (!card) return;
    localStorage.setItem(KEY, 'seen');
    card.remove();
    spot.remove();
    card = spot = null;
    back();
  }

  /** The box around several elements. */
  function around(elements) {
    const all = elements.map(one => one.getBoundingClientRect()), least = side => Math.min(...all.map(one => one[side])), most = side => Math.max(...all.map(one => one[side]));
    return {left: least('left'), top: least('top'), right: most('right'), bottom: most('bottom')};
  }

  /** Puts the light on the part and the card beside it, where there is most room. */
  function place() {
    const part = target(steps()[at]);
    if (!card || !part) return end();
    const box = around(targets(steps()[at])), edge = 6, wide = card.offsetWidth, high = card.offsetHeight;
    const left = Math.max(box.left - edge, 2), top = Math.max(box.top - edge, 2);
    const right = Math.min(box.right + edge, innerWidth - 2), bottom = Math.min(box.bottom + edge, innerHeight - 2);
    Object.assign(spot.style, {left: `${left}px`, top: `${top}px`, width: `${right - left}px`, height: `${Math.max(bottom - top, 0)}px`});
    const room = {below: innerHeight - bottom, above: top, right: innerWidth - right, left};
    const across = Math.min(Math.max(left, 8), innerWidth - wide - 8), down = Math.min(Math.max(top, 8), innerHeight - high - 8);
    const spots = {below: [across, bottom + 10], above: [across, top - high - 10], right: [right + 10, down], left: [left - wide - 10, down]};
    const fits = {below: high + 20, above: high + 20, right: wide + 20, left: wide + 20};
    const side = ['below', 'right', 'left', 'above'].find(one => room[one] >= fits[one]);
    const [x, y] = side ? spots[side] : [(innerWidth - wide) / 2, innerHeight - high - 16];
    Object.assign(card.style, {left: `${x}px`, top: `${y}px`});
  }

  /** Which step of how many: parts come while a page settles. */
  function number() {
    const text = say('step', {n: at + 1, total: steps().length}), there = card.querySelector('small');
    if (there.textContent !== text) there.textContent = text;
  }

  function show(step) {
    const all = steps();
    if (step >= all.length) return end();
    at = Math.max(step, 0);
    target(all[at]).scrollIntoView({block: 'nearest'});
    card.replaceChildren();
    make('small', '', card);
    number();
    make('h2', '', card, Fangyi.say(all[at][0])).id = 'tour-title';
    make('p', '', card, Fangyi.say(all[at][1])).id = 'tour-text';
    const row = make('div', 'tour-row', card), skip = make('button', 'quiet', row, say('skip'));
    skip.onclick = end;
    if (at) make('button', 'quiet', row, say('back')).onclick = () => show(at - 1);
    const next = make('button', 'button primary', row, at + 1 < all.length ? say('next') : say('done'));
    next.onclick = () => show(at + 1);
    place();
    next.focus();
  }

  function start() {
    if (card || !Fangyi.tour.possible()) return;
    back = Fangyi.holdFocus();
    spot = make('div', 'tour-spot', document.body);
    card = make('section', 'tour-card', document.body);
    for (const [name, value] of [['role', 'dialog'], ['aria-labelledby', 'tour-title'], ['aria-describedby', 'tour-text']]) card.setAttribute(name, value);
    show(0);
  }

  Fangyi.tour = {possible: () => !!document.querySelector('.shell.desk') && steps().length > 2, start, end, decided: false}; // decided: whether it comes by itself

  addEventListener('resize', () => { if (card) place(); });
  setInterval(() => { if (card) place(); if (card) number(); }, 400); // parts move while a page settles
  addEventListener('popstate', end); // another page: its parts are others
  document.addEventListener('keydown', event => {
    if (!card) return;
    if (event.key === 'Escape') { event.stopPropagation(); end(); }
    if (event.key === 'ArrowRight') show(at + 1);
    if (event.key === 'ArrowLeft') show(at - 1);
  }, true);
  document.addEventListener('pointerdown', event => { if (card && !card.contains(event.target)) end(); }, true);

  const wanted = () => query().get('tour') !== '0' && query().get('lite') !== '1' && (query().get('tour') === '1' || !localStorage.getItem(KEY));
  const watch = setInterval(() => {
    const wishes = wanted(), there = document.querySelector('.shell.desk .column') && !document.querySelector('#page[data-dash-is-loading="true"]');
    if (wishes && !there) return;
    clearInterval(watch);
    Fangyi.tour.decided = true;
    if (wishes) start();
  }, 700);
})();
