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

  /** Where an element of the page stands; null for what is no part of it. Grids keep their own cells. */
  function placeOf(one) {
    if (!page() || !page().contains(one) || !one.matches(TAKES_FOCUS) || one.closest('.ag-root')) return null;
    const name = called(one);
    return {one, id: one.id, name, nth: all(name).indexOf(one)};
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
    return () => { const back = at(place); if (back) back.focus(); };
  };

  let last = null; // the place that had the focus last
  document.addEventListener('focusin', event => { last = placeOf(event.target); });
  document.addEventListener('focusout', event => queueMicrotask(() => {
    if (event.target.isConnected && !event.relatedTarget && document.hasFocus()) last = null; // somebody left it; nobody took it away
  }));
  document.addEventListener('pointerdown', () => { if (last && !last.one.isConnected) last = null; }, true);
  new MutationObserver(() => {
    if (!last || last.one.isConnected || document.activeElement !== document.body) return;
    const twin = at(last);
    if (twin) twin.focus({preventScroll: true});
  }).observe(document.documentElement, {childList: true, subtree: true});
})();
