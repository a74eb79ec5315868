/* What a request that changes something shows, so that no other site can send it for us: the token that the server handed this browser. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const COOKIE = '_csrf_token=', HEADER = 'X-CSRFToken';

  /** Headers for fetch: `more`, and the token where there is one (a drill has none). */
  Fangyi.guarded = more => {
    const found = document.cookie.split('; ').find(one => one.startsWith(COOKIE));
    return found ? {...more, [HEADER]: found.slice(COOKIE.length)} : {...more};
  };

  // A session ends half an hour after the last hand; the pulse says how many seconds ago that was.
  let hand = Date.now();
  for (const name of ['pointerdown', 'pointermove', 'keydown', 'wheel']) addEventListener(name, () => { hand = Date.now(); }, {capture: true, passive: true});
  Fangyi.idle = () => String(Math.max(0, Math.round((Date.now() - hand) / 1000)));

  // Enter and Escape that belong to the spelling of a Chinese word are the input method's alone: no dialog hears them.
  addEventListener('keydown', event => { if (event.isComposing || event.keyCode === 229) event.stopPropagation(); }, true);

  // The button of the head: ends the session here and everywhere this browser carried it.
  document.addEventListener('click', async event => {
    if (!event.target.closest || !event.target.closest('[data-sign-out]')) return;
    await fetch('/sign-out', {method: 'POST', credentials: 'same-origin', redirect: 'manual', headers: Fangyi.guarded()}).catch(() => null);
    location.assign('/sign-in?left=1');
  });
})();
