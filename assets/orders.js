/* The order dialog under the keyboard: the focus goes in, stays in and comes back; Enter confirms, Escape drops, a second press waits. */
(function () {
  const place = () => document.getElementById('order-dialog');
  const box = () => place() && place().querySelector('.order-dialog');
  const FIELDS = 'input:not([disabled]), textarea:not([disabled]), select, button:not([disabled]), a[href]';
  const fields = () => [...box().querySelectorAll(FIELDS)].filter(one => one.offsetParent !== null);
  const button = what => [...box().querySelectorAll('.order-buttons button')].find(one => one.id.includes(`"do":"${what}"`));
  let opener = null, was = null, restore = null; // where the focus came from, the dialog that had it, and what leads back where that is gone

  function opened(event) {
    const found = event.target.closest && event.target.closest('.order-open, [id*="order-step"]');
    if (found) { opener = found.id; restore = window.Fangyi.holdFocus(); }
    const pressed = event.target.closest && event.target.closest('.order-buttons .primary');
    if (!pressed || !box()) return;
    if (box().classList.contains('sending')) { event.preventDefault(); event.stopImmediatePropagation(); return; }
    if (!pressed.id.includes('"drop"')) box().classList.add('sending'); // until the server has answered
  }

  function settle() {
    const now = box();
    if (now === was) return;
    was = now;
    if (now) {
      const problem = now.querySelector('.order-problem');
      const first = problem ? button('confirm') : now.querySelector('.order-numbers a') || now.querySelector('.order-fields input:checked, .order-fields input, .order-fields textarea');
      if (problem) problem.scrollIntoView({block: 'nearest'});
      if (first) first.focus();
      return;
    }
    const back = opener && document.getElementById(opener);
    if (back) back.focus(); else if (restore) restore();
    opener = restore = null;
  }

  function keys(event) {
    if (!box()) return;
    if (event.key === 'Escape') { const drop = button('drop'); if (drop) { event.preventDefault(); drop.click(); } return; }
    if (event.key === 'Enter' && event.target.matches('.order-fields input')) {
      const confirm = button('confirm');
      if (confirm) { event.preventDefault(); confirm.click(); }
      return;
    }
    if (event.key !== 'Tab') return;
    const all = fields(), edge = event.shiftKey ? all[0] : all[all.length - 1];
    if (document.activeElement !== edge && box().contains(document.activeElement)) return;
    event.preventDefault();
    (event.shiftKey ? all[all.length - 1] : all[0]).focus();
  }

  function filled(event) { // a button of the deadline writes its time into the field, as if somebody had typed it
    const found = event.target.closest && event.target.closest('[data-deadline]');
    const field = found && found.parentElement.querySelector('input');
    if (!field) return;
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(field, found.dataset.deadline);
    field.dispatchEvent(new Event('input', {bubbles: true}));
    for (const one of found.parentElement.querySelectorAll('[data-deadline]')) one.setAttribute('aria-pressed', String(one === found));
  }

  function unsent(event) { // the server answered, or did not: the dialog can be used again
    if (event && event.type === 'error') return;
    if (box()) box().classList.remove('sending');
  }

  new MutationObserver(changes => {
    if (!place() || !changes.some(one => place().contains(one.target))) return;
    unsent(); // what the dialog holds is another: that is the answer, though the dialog itself may be the same element
    settle();
  }).observe(document.documentElement, {childList: true, subtree: true});
  setInterval(() => { if (box() && box().classList.contains('sending') && !document.querySelector('#order-dialog[data-dash-is-loading="true"]')) unsent(); }, 4000);
  document.addEventListener('click', opened, true);
  document.addEventListener('click', filled);
  document.addEventListener('keydown', keys, true);
})();
