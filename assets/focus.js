/* A page that is made anew takes the element away that had the focus. Whoever works by keyboard goes on in the one that stands in its place. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const TAKES_FOCUS = 'a[href], button, input, select, textarea, summary, [tabindex]';
  const page = () => document.getElementById('page');

  /** What an element is called whatever its numbers say now: they change with the news. */
  function called(one) {
    const words = one.dataset.term || one.getAttribute('aria-label') || one.getAttribute('href') || one.name || one.textContent.trim();
    return `${one.tagName} ${words.replace(/\d[\d,.:]*/g, '#')}`;
  }
  const all = name => [...page().querySelectorAll(TAKES_FOCUS)].filter(one => called(one) === name);

  const FORMS = /^(panel|grow|tall|has-.*)$/; // of a panel, which say nothing about what it holds
  const panelOf = one => { const panel = one.closest('.panel'); return panel ? [...panel.classList].find(name => !FORMS.test(name)) || '' : ''; };

  /** Where an element of the page stands; null for what is no part of it. Grids keep their own cells. */
  function placeOf(one) {
    if (!page() || !page().contains(one) || !one.matches(TAKES_FOCUS) || one.closest('.ag-root')) return null;
    const name = called(one);
    return {one, id: one.id, name, nth: all(name).indexOf(one), panel: panelOf(one)};
  }
  /** The element at a place: itself while it stands, else what is called the same; null when there is none any more. */
  function at(place) {
    if (place.one.isConnected) return place.one;
    const twins = all(place.name);
    return (place.id && document.getElementById(place.id)) || twins[Math.min(place.nth, twins.length - 1)] || null;
  }
  /** Returns what gives the focus back to the element that has it now: for dialogs, when they close. */
  Fangyi.holdFocus = function () {
    const one = document.activeElement, place = placeOf(one) || {one, name: '', nth: 0};
    return () => { const back = at(place) || headOf(place); if (back) back.focus(); };
  };

  const LATE = 700;
  let last = null, waiting = null; // the place that had the focus last
  document.addEventListener('focusin', event => { last = placeOf(event.target); });
  document.addEventListener('focusout', event => queueMicrotask(() => {
    if (event.target.isConnected && !event.relatedTarget && document.hasFocus()) last = null; // somebody left it; nobody took it away
  }));
  /** Of a button that is done with, such as a step of an order, nothing stands in the place: the heading of its panel does. */
  function headOf(place) {
    const head = place.panel && page() && page().querySelector(`.panel.${CSS.escape(place.panel)} h2`);
    if (head) head.tabIndex = -1;
    return head || null;
  }
  function home(place) {
    const head = place === last && document.activeElement === document.body && headOf(place);
    if (head) head.focus({preventScroll: true});
  }
  document.addEventListener('pointerdown', () => { if (last && !last.one.isConnected) last = null; }, true);
  new MutationObserver(() => {
    if (!last || last.one.isConnected || document.activeElement !== document.body) return;
    const twin = at(last);
    if (twin) twin.focus({preventScroll: true}); else { clearTimeout(waiting); waiting = setTimeout(home, LATE, last); } // it may come a moment later
  }).observe(document.documentElement, {childList: true, subtree: true});
})();
