/* Help: every term of the glossary, the keys of the keyboard and the tour, behind the button and the key "?"; and what a title with a dotted line means. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const make = Fangyi.make;
  const say = (key, values) => Fangyi.say(`browser.help.${key}`, values);
  const onDesk = () => !!document.querySelector('.shell.desk, .shell.plain');

  /** Keys that scripts listen to, for the list: {keys: ['/'], text: key of a text}; others add theirs. */
  Fangyi.shortcuts = [
    {keys: ['?'], text: 'browser.help.key_help'}, {keys: ['Esc'], text: 'browser.help.key_close'}, {keys: ['Tab', '⇧ Tab'], text: 'browser.help.key_next'},
    {keys: ['↑', '↓', '←', '→'], text: 'browser.help.key_move'}, {keys: ['+', '−'], text: 'browser.help.key_zoom'},
    {keys: ['/'], text: 'browser.help.key_search'}, {keys: ['Home'], text: 'browser.help.key_whole'}, {keys: ['Space'], text: 'browser.help.key_play'},
    {keys: ['PgUp', 'PgDn'], text: 'browser.help.key_week'}, {keys: ['Home', 'End'], text: 'browser.help.key_ends'},
    {keys: ['1', '–', '5'], text: 'browser.help.key_choose'}, {keys: ['0'], text: 'browser.help.key_none'}, {keys: ['S', 'A', 'L', 'U'], text: 'browser.help.key_review'},
    ...(Fangyi.shortcuts || []),
  ];

  const books = {}; // language -> promise of its terms
  function terms() {
    const lang = Fangyi.lang();
    books[lang] = books[lang] || fetch(`/words/glossary/${lang}.json`, {credentials: 'same-origin'}).then(answer => {
      if (!answer.ok) throw new Error(`glossary: ${answer.status}`);
      return answer.json();
    }).catch(error => { delete books[lang]; throw error; }); // asked for again next time
    return books[lang];
  }

  // ---- the box beside a title

  function tip() {
    let box = document.getElementById('term-tip');
    if (!box) {
      box = make('div', 'term-tip', document.body);
      box.id = 'term-tip';
      box.setAttribute('role', 'tooltip');
      box.hidden = true;
    }
    return box;
  }

  let on = null; // the title whose box stands open
  async function explain(title) {
    on = title;
    const term = (await terms()).find(one => one.key === title.dataset.term);
    if (on !== title || !term) return;
    const box = tip(), at = title.getBoundingClientRect();
    box.replaceChildren();
    make('b', '', box, term.name);
    make('p', '', box, term.meaning);
    make('small', '', box, say('more'));
    box.hidden = false;
    const wide = box.offsetWidth, high = box.offsetHeight, below = at.bottom + 8 + high < innerHeight;
    box.style.left = `${Math.max(8, Math.min(at.left, innerWidth - wide - 8))}px`;
    box.style.top = `${below ? at.bottom + 8 : Math.max(8, at.top - high - 8)}px`;
  }
  function quiet() { on = null; tip().hidden = true; }
  tip(); // titles name it as their description

  const titleOf = event => onDesk() && event.target.closest && event.target.closest('.term[data-term]');
  let soon = null;
  document.addEventListener('pointerover', event => {
    clearTimeout(soon);
    const title = titleOf(event);
    if (title && event.pointerType !== 'touch') soon = setTimeout(() => explain(title), 250); else if (on && !on.matches(':focus')) quiet();
  });
  document.addEventListener('focusin', event => { const title = titleOf(event); if (title) explain(title); else quiet(); });
  document.addEventListener('scroll', quiet, true);

  // ---- the dialog

  function keysOf(parent) {
    const list = make('dl', 'help-keys', parent);
    for (const one of Fangyi.shortcuts) {
      const keys = make('dt', '', list);
      for (const key of one.keys) make('kbd', '', keys, key);
      make('dd', '', list, Fangyi.say(one.text));
    }
  }

  function show(list, count, found) {
    list.replaceChildren();
    let section = null, group = null;
    for (const term of found) {
      if (term.section !== section) {
        section = term.section;
        make('h3', '', list, section);
        group = make('dl', '', list);
      }
      const name = make('dt', '', group);
      name.id = `term-${term.key}`;
      make('b', '', name, term.name);
      if (term.other !== term.name) make('span', '', name, term.other);
      make('dd', '', group, term.meaning);
    }
    count.textContent = say('found', {n: found.length});
  }

  const holds = (term, words) => words.every(word => [term.name, term.other, term.code, term.meaning].some(text => text.toLowerCase().includes(word)));

  async function open(at) {
    quiet();
    const old = document.getElementById('help');
    if (old) old.remove();
    const back = Fangyi.holdFocus(), dialog = make('dialog', 'help-dialog', document.body);
    dialog.id = 'help';
    dialog.setAttribute('aria-labelledby', 'help-title');
    const head = make('header', 'help-head', dialog), title = make('h2', '', head, say('title'));
    title.id = 'help-title';
    const tour = make('button', 'quiet', head, say('tour')), close = make('button', 'quiet', head, say('close'));
    const body = make('div', 'help-body', dialog), words = make('section', 'help-words', body), side = make('section', 'help-side', body);
    const field = make('input', '', words), count = make('p', 'help-count', words), list = make('div', 'help-list', words);
    Object.assign(field, {type: 'search', placeholder: say('search'), autocomplete: 'off'});
    field.setAttribute('aria-label', say('search'));
    count.setAttribute('role', 'status');
    list.tabIndex = 0;
    list.setAttribute('role', 'group');
    list.setAttribute('aria-label', say('words'));
    make('h3', '', side, say('keys'));
    keysOf(side);
    close.onclick = () => dialog.close();
    tour.hidden = !(Fangyi.tour && Fangyi.tour.possible());
    tour.onclick = () => { dialog.close(); Fangyi.tour.start(); };
    dialog.addEventListener('click', event => { if (event.target === dialog) dialog.close(); });
    dialog.addEventListener('close', () => { dialog.remove(); back(); });
    dialog.showModal();
    field.focus();
    const every = await terms();
    field.oninput = () => show(list, count, every.filter(term => holds(term, field.value.toLowerCase().split(/\s+/).filter(Boolean))));
    field.oninput();
    const wanted = at && document.getElementById(`term-${at}`);
    if (wanted) { wanted.classList.add('wanted'); wanted.scrollIntoView({block: 'center'}); }
  }
  Fangyi.help = open;

  const typing = target => target.closest && target.closest('input, textarea, select, [contenteditable], .ag-root');
  document.addEventListener('keydown', event => {
    if (event.key === 'Escape' && on) quiet();
    if (!onDesk() || event.ctrlKey || event.metaKey || event.altKey) return;
    const title = titleOf(event);
    if (title && event.target === title && (event.key === 'Enter' || event.key === ' ')) { event.preventDefault(); open(title.dataset.term); }
    if ((event.key === '?' || event.key === '？') && !typing(event.target) && !document.querySelector('dialog[open]')) { event.preventDefault(); open(); }
  });
  document.addEventListener('click', event => {
    if (!event.target.closest) return;
    if (event.target.closest('[data-help]')) open();
    else { const title = titleOf(event); if (title && !title.closest('button, a, summary')) open(title.dataset.term); }
  });
})();
