/* What somebody has in hand while news come: who types or has a menu open is waited for, and what was unfolded stays unfolded. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const TYPED = 15000, LONGEST = 60000; // since the last letter; since the first news that waited
  const FIELD = 'input:not([type="checkbox"], [type="radio"], [type="range"]), textarea, [contenteditable="true"]';
  const MENU = 'details.menu[open], .dash-dropdown[aria-expanded="true"], .dash-dropdown-wrapper [aria-expanded="true"]';
  const page = () => document.getElementById('page');
  let typed = 0, since = 0;

  document.addEventListener('input', event => { if (event.target.matches && event.target.matches(FIELD)) typed = Date.now(); }, true);
  document.addEventListener('keydown', event => { if (event.key === 'Enter' || event.key === 'Escape') typed = 0; }, true); // that is done with

  /** The element of the page that somebody has in hand: an open menu, or the field in which they type; null for none. */
  Fangyi.hand = function () {
    const one = document.activeElement;
    if (!page() || document.querySelector('.shell.wall')) return null;
    return page().querySelector(MENU) || (page().contains(one) && one.matches(FIELD) && Date.now() - typed < TYPED ? one : null);
  };
  /** Whether a page that is made anew now would take something out of somebody's hands; nobody is waited for longer than a minute. */
  Fangyi.inHand = function () {
    if (!Fangyi.hand()) { since = 0; return false; }
    since = since || Date.now();
    return Date.now() - since < LONGEST;
  };

  // An open menu lies over the tools of the map.
  document.addEventListener('toggle', event => {
    if (event.target.matches && event.target.matches('details.menu')) document.documentElement.classList.toggle('menu-open', !!document.querySelector('details.menu[open]'));
  }, true);

  // ---- what was unfolded

  const FOLD = 'details:not(.menu)';
  const called = one => `${location.pathname} ${one.className} ${(one.querySelector('summary') || one).textContent.replace(/\d[\d,.:]*/g, '#')}`;
  const alike = one => [...page().querySelectorAll(FOLD)].filter(other => called(other) === called(one));
  const folds = new Map(); // name and place among those of that name -> whether it stands open, as somebody left it
  const keyOf = one => `${called(one)} ${alike(one).indexOf(one)}`;
  let told = new WeakSet(); // those that stand as they were left

  document.addEventListener('click', event => {
    const summary = event.target.closest && event.target.closest('summary'), one = summary && summary.parentElement;
    if (!one || !page() || !page().contains(one) || !one.matches(FOLD)) return;
    folds.set(keyOf(one), !one.open); // keys press a summary as well
    told.add(one);
  }, true);
  new MutationObserver(() => {
    if (!folds.size || !page()) return;
    for (const one of page().querySelectorAll(FOLD)) {
      if (told.has(one)) continue;
      told.add(one);
      const stood = folds.get(keyOf(one));
      if (stood !== undefined && stood !== one.open) one.open = stood;
    }
  }).observe(document.documentElement, {childList: true, subtree: true});
  let path = location.pathname;
  addEventListener('_dashprivate_pushstate', () => { // another page begins anew
    if (path === location.pathname) return;
    path = location.pathname;
    folds.clear();
    told = new WeakSet();
  });
})();
