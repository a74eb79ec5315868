/* The keys of the review desk: 1-5 pick, 0 none, S skip, A alike, L learn, U undo. Each presses the button that stands on the screen. */
(function () {
  const desk = () => document.getElementById('quality-review');
  const TYPING = 'input:not([type="checkbox"]):not([type="radio"]), textarea, select, [contenteditable="true"], [role="combobox"], [role="listbox"], .ag-root';
  let waits = null; // the match that was answered, until the desk shows another

  function target(letter) {
    const found = desk() && desk().querySelector(`[data-key="${letter}"]`);
    if (!found || found.hidden || found.disabled) return null;
    return found.matches('button') ? found : found.querySelector('input[type="checkbox"]');
  }

  function pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.defaultPrevented || waits) return;
    if (event.target.closest && event.target.closest(TYPING)) return; // somebody writes
    const letter = event.key.length === 1 ? event.key.toLowerCase() : '';
    if (!/^[0-5sual]$/.test(letter)) return;
    const button = target(letter);
    if (!button) return;
    event.preventDefault();
    button.click();
  }

  /** An answer dims the match until the next one is there; a second press cannot answer the wrong person. */
  function answered(event) {
    const button = event.target.closest && event.target.closest('#quality-review button[id]');
    if (!button) return;
    const item = document.getElementById('review-item');
    if (item) item.classList.add('answered');
    waits = setTimeout(arrived, 8000); // the server is away: live.js says so, and the desk is usable again
  }

  function arrived() {
    clearTimeout(waits);
    waits = null;
    const item = document.getElementById('review-item');
    if (!item) return;
    item.classList.remove('answered');
    if (document.activeElement === document.body) item.focus({preventScroll: true}); // the button that had it is gone
  }

  new MutationObserver(changes => {
    if (waits && changes.some(one => one.target.closest && one.target.closest('#quality-review') && one.type === 'childList')) arrived();
  }).observe(document.documentElement, {childList: true, subtree: true});
  document.addEventListener('click', answered, true);
  document.addEventListener('keydown', pressed);
})();
