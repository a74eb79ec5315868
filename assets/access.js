/* What a page needs for the keyboard and for being read aloud, and no single part knows: boxes that scroll and tabs can be reached, sliders
   have names, a menu that Escape closes gives the focus back. */
(function () {
  const BOXES = '.panel-body, .tabs-content, .column, .sheet, .situation, .menu-body, .dialog';
  const INSIDE = 'a[href], button:not([disabled]), input:not([disabled]), select, textarea, summary, [tabindex="0"]';

  function titled(box) {
    const part = box.closest('section, [role="dialog"], main'), head = part && part.querySelector('h2, h3');
    return (head && head.textContent) || (part && part.getAttribute('aria-label')) || document.title;
  }

  /** A box that scrolls and holds nothing that takes the focus takes it itself, so that the arrows scroll it. */
  function reach(box) {
    const scrolls = box.scrollHeight > box.clientHeight + 1 || box.scrollWidth > box.clientWidth + 1;
    const wanted = scrolls && getComputedStyle(box).overflow !== 'visible' && !box.querySelector(INSIDE);
    if (wanted === (box.dataset.reached === '1')) return;
    if (wanted) {
      box.tabIndex = 0;
      box.dataset.reached = '1';
      if (box.tagName === 'DIV') { box.setAttribute('role', 'group'); box.setAttribute('aria-label', titled(box)); }
    } else {
      box.removeAttribute('tabindex');
      delete box.dataset.reached;
      if (box.tagName === 'DIV') { box.removeAttribute('role'); box.removeAttribute('aria-label'); }
    }
  }

  /** The thumbs of sliders get the words that stand beside them. */
  function name(thumb) {
    if (thumb.getAttribute('aria-label')) return;
    const row = thumb.closest('.slider-row, .if-row, [aria-label]'), label = row && row.querySelector('.slider-label, label');
    const words = (label && label.textContent) || (row && row.getAttribute('aria-label'));
    if (words) thumb.setAttribute('aria-label', words);
  }

  /** Dash says "option" of a label that holds its own radio button or box; the button alone is what is chosen. */
  function plain(label) {
    label.removeAttribute('role');
    label.removeAttribute('aria-selected');
    const list = label.closest('[role="listbox"]');
    if (list) list.setAttribute('role', 'group');
  }

  /** Dash's tabs answer only to a mouse. */
  function tab(one) {
    one.tabIndex = 0;
    if (!one.getAttribute('role')) one.setAttribute('role', 'tab');
    if (!one.parentElement.getAttribute('role')) one.parentElement.setAttribute('role', 'tablist');
    one.setAttribute('aria-selected', String(one.classList.contains('here')));
  }

  let soon = null;
  function look() {
    soon = null;
    document.querySelectorAll('.tabs-box .tab').forEach(tab);
    document.querySelectorAll(':is(.dash-radioitems, .dash-checklist) label[role="option"]').forEach(plain);
    document.querySelectorAll(BOXES).forEach(reach);
    document.querySelectorAll('.dash-slider-thumb[role="slider"]').forEach(name);
  }
  const later = () => { soon = soon || setTimeout(look, 250); };
  new MutationObserver(later).observe(document.documentElement, {childList: true, subtree: true});
  addEventListener('resize', later);
  document.addEventListener('toggle', later, true);

  addEventListener('keydown', event => {
    if ((event.key === 'Enter' || event.key === ' ') && event.target.matches && event.target.matches('.tabs-box .tab')) {
      event.preventDefault();
      event.target.click();
    }
    if (event.key !== 'Escape') return;
    const open = document.activeElement && document.activeElement.closest('details.menu[open]');
    if (open) { open.open = false; open.querySelector('summary').focus(); }
  }, true);
})();
