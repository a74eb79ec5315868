/* Search for a place by name, pinyin or initials: a combobox worked with the keyboard; what is chosen is flown to and selected. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const state = (Fangyi.map = Fangyi.map || {});
  const say = (key, values) => Fangyi.say(`browser.place.${key}`, values);
  const KIND = {district: () => say('district'), street: () => say('street'), hospital: () => say('hospital'), compound: () => say('compound')};
  const own = {places: [], at: -1, seq: 0};

  const box = document.createElement('div'), input = document.createElement('input'), list = document.createElement('ul'), status = document.createElement('p');
  box.className = 'map-search';
  box.setAttribute('role', 'search');
  Object.assign(input, {type: 'text', id: 'map-search', autocomplete: 'off', spellcheck: false, maxLength: 40});
  for (const [name, value] of Object.entries({role: 'combobox', 'aria-autocomplete': 'list', 'aria-expanded': 'false', 'aria-controls': 'map-found', enterkeyhint: 'search'})) input.setAttribute(name, value);
  Object.assign(list, {id: 'map-found', hidden: true});
  list.setAttribute('role', 'listbox');
  status.className = 'map-found-none';
  status.setAttribute('role', 'status');
  box.append(input, list, status);
  Fangyi.searchBox = box;

  function words() {
    input.setAttribute('aria-label', say('label'));
    list.setAttribute('aria-label', say('label'));
    input.placeholder = say('hint');
  }

  function answerTo(typed) {
    const query = new URLSearchParams({q: typed}), here = new URLSearchParams(location.search);
    for (const name of ['lang', 'as_of', 'known_at']) if (here.get(name)) query.set(name, here.get(name));
    return fetch(`/search/places?${query}`, {credentials: 'same-origin'});
  }

  const ask = Fangyi.soon(async () => {
    const typed = input.value.trim(), seq = ++own.seq;
    if (!typed) return show([], '');
    const waits = setTimeout(() => { if (seq === own.seq) show([], say('searching')); }, 400);
    try {
      const answer = await answerTo(typed);
      if (!answer.ok) throw new Error(String(answer.status));
      const {places} = await answer.json();
      if (seq === own.seq) show(places, places.length ? '' : say('none'));
    } catch (_) { if (seq === own.seq) show([], say('failed')); } finally { clearTimeout(waits); }
  }, 160);

  function show(places, text) {
    Object.assign(own, {places, at: places.length ? 0 : -1});
    status.textContent = text || (places.length ? say('found', {n: places.length}) : '');
    status.classList.toggle('seen', !!text);
    list.hidden = !places.length;
    input.setAttribute('aria-expanded', String(!!places.length));
    list.replaceChildren(...places.map(option));
    mark();
  }

  function option(place, i) {
    const made = document.createElement('li'), name = document.createElement('b'), where = document.createElement('span'), kind = document.createElement('small');
    Object.assign(made, {id: `map-found-${i}`});
    made.setAttribute('role', 'option');
    name.textContent = place.name;
    where.textContent = place.where;
    kind.textContent = KIND[place.kind]();
    made.append(name, where, kind);
    made.addEventListener('pointerdown', event => { event.preventDefault(); take(i); });
    made.addEventListener('pointermove', () => { if (own.at !== i) { own.at = i; mark(); } });
    return made;
  }

  function mark() {
    [...list.children].forEach((one, i) => one.setAttribute('aria-selected', String(i === own.at)));
    if (own.at >= 0) { input.setAttribute('aria-activedescendant', `map-found-${own.at}`); list.children[own.at].scrollIntoView({block: 'nearest'}); } else input.removeAttribute('aria-activedescendant');
  }

  function take(i) {
    const place = own.places[i];
    if (!place) return;
    input.value = place.name;
    own.seq += 1;
    show([], '');
    go(place);
    input.blur();
    document.getElementById('map').focus({preventScroll: true});
  }

  /** Flies to a place; a compound or hospital is picked, the compounds of a street or district become the selection. */
  function go(place) {
    const {box: around} = place;
    if (around) Fangyi.flyTo(around, place.layer ? 15.6 : 15);
    if (place.layer) {
      const at = around ? [(around[0] + around[2]) / 2, (around[1] + around[3]) / 2] : null;
      state.found = {layer: place.layer, id: place.id, at, from: 'map'}; // flown to already
      Fangyi.send('pick', state.found);
      return;
    }
    const ids = Fangyi.membersOf ? Fangyi.membersOf(place.kind, place.id) : [];
    if (ids.length && ids.length <= 2000) Fangyi.selectMany(ids, false);
  }

  input.addEventListener('input', ask);
  input.addEventListener('focus', () => {
    if (input.value) input.select();
    answerTo('').catch(() => 0); // the server makes its index while somebody begins to type; what fails is said when they have
  });
  input.addEventListener('blur', () => setTimeout(() => { if (document.activeElement !== input) show([], ''); }, 120));
  input.addEventListener('keydown', event => {
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key], n = own.places.length;
    if (step && n) { event.preventDefault(); own.at = (own.at + step + n) % n; mark(); }
    else if (event.key === 'Enter' && own.at >= 0) { event.preventDefault(); take(own.at); }
    else if (event.key === 'Escape') { event.stopPropagation(); if (own.places.length) show([], ''); else { input.value = ''; input.blur(); } }
  });
  addEventListener('keydown', event => { // "/" goes to the search, as in many programs
    if (event.key !== '/' || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || event.target.isContentEditable || !box.offsetParent) return;
    event.preventDefault();
    input.focus();
  });
  Fangyi.on('spec', words);
})();
