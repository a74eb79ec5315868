/* The page Briefing: the choice goes into the address that is printed, its first pages are shown, files and codes are verified. */
(function () {
  const Fangyi = window.Fangyi = window.Fangyi || {};
  const say = (key, values) => Fangyi.say(`browser.briefing.${key}`, values);
  const STILL = 900, EVERY = 500; // milliseconds: a choice that rests is shown, and how often a job is asked
  const SAID = {genuine: () => say('genuine'), known: () => say('known'), altered: () => say('altered'), unknown: () => say('unknown')};
  let waiting = null, asked = '';

  async function ask(path, options) {
    const answer = await fetch(path, {credentials: 'same-origin', cache: 'no-store', ...options, headers: Fangyi.guarded(options && options.headers)});
    const found = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(found[Fangyi.lang()] || found.error || String(answer.status));
    return found;
  }

  async function work(path, still) { // start a job, wait for it, return what it made; null when nobody waits any more
    const job = await ask(path, {method: 'POST'});
    for (;;) {
      if (!still()) { ask(`/job/${job.id}/cancel`, {method: 'POST'}).catch(() => null); return null; }
      const seen = await ask(`/job/${job.id}`);
      if (seen.state === 'done') return ask(`/job/${job.id}/file`);
      if (seen.state === 'failed' || seen.state === 'cancelled') throw new Error(seen[Fangyi.lang()]);
      const box = document.getElementById('briefing-pages');
      if (box && box.dataset.path === path) box.dataset.step = seen[Fangyi.lang()];
      await new Promise(done => setTimeout(done, EVERY));
    }
  }

  function empty(box, text) {
    const told = document.createElement('p');
    told.className = 'empty';
    told.textContent = text;
    box.replaceChildren(told);
  }

  async function preview(query) {
    const box = document.getElementById('briefing-pages'), count = document.getElementById('briefing-count');
    if (!box) return;
    const path = `/briefing/preview${query}`, still = () => asked === query && document.getElementById('briefing-pages') === box;
    box.dataset.path = path;
    box.setAttribute('aria-busy', 'true');
    try {
      const found = await work(path, still);
      if (!found) return;
      box.replaceChildren(...found.pictures.map((one, at) => {
        const picture = document.createElement('img');
        picture.src = `data:image/png;base64,${one}`;
        picture.alt = say('page', {n: at + 1, total: found.pages});
        return picture;
      }));
      if (count) count.textContent = say('first', {n: found.pictures.length, total: found.pages});
    } catch (error) { if (still()) empty(box, error.message); }
    if (still()) box.removeAttribute('aria-busy');
  }

  function choose(parts, districts, lang, form, size, secrecy, search) {
    const query = new URLSearchParams(search || '');
    for (const name of ['code', 'note', 'pick']) query.delete(name);
    const given = {parts: (parts || []).join(','), districts: (districts || []).includes('all') ? 'all' : (districts || []).join(','), lang, form, size, secrecy};
    for (const [name, value] of Object.entries(given)) if (value) query.set(name, value); else query.delete(name);
    const text = `?${query}`, box = document.getElementById('briefing-pages');
    if (text !== asked || (box && !box.dataset.path)) { // another choice, or the page was made anew
      asked = text;
      clearTimeout(waiting);
      waiting = setTimeout(() => preview(text), STILL);
    }
    return `/briefing/print${text}`;
  }

  function note(code, search) { // a footnote of the print that is open: the address leads back to it
    const query = new URLSearchParams(search || '');
    if ((query.get('note') || '') === (code || '')) return window.dash_clientside.no_update;
    if (code) query.set('note', code); else query.delete('note');
    return `?${query}`;
  }

  function line(tag, name, text) {
    const made = document.createElement(tag);
    made.className = name;
    made.textContent = text;
    return made;
  }

  function tell(box, found) {
    const lang = Fangyi.lang(), rows = [line('b', `said ${found.said}`, SAID[found.said]()), line('p', '', found[lang].why)];
    if (found.code) {
      rows.push(line('p', '', `${found.code} · ${found.format.toUpperCase()} · ${found.at} · ${found.actor}`));
      rows.push(line('p', '', `${found[lang].area} · ${say('as_of')} ${found.as_of} · ${say('known_at')} ${found.known_at}`));
      const link = line('a', '', say('open'));
      link.href = `/briefing?code=${found.code}${lang === 'en' ? '&lang=en' : ''}`;
      rows.push(link);
    }
    if (found.again !== null) rows.push(line('p', found.again ? 'said genuine' : 'said altered', found.again ? say('same') : say('other')));
    box.replaceChildren(...rows);
  }

  async function verify(path, options) {
    const box = document.getElementById('verify-said');
    if (!box) return;
    box.replaceChildren(line('p', '', say('asking')));
    try { tell(box, await ask(path, options)); } catch (error) { box.replaceChildren(line('p', 'said altered', error.message)); }
  }

  const dropped = file => verify('/briefing/verify', {method: 'POST', body: file, headers: {'Content-Type': 'application/octet-stream'}});

  function browse() {
    const input = document.createElement('input');
    input.type = 'file';
    input.onchange = () => { if (input.files.length) dropped(input.files[0]); };
    input.click();
  }

  async function again(code) {
    const box = document.querySelector(`[data-again-said="${code}"]`);
    box.replaceChildren(line('p', '', say('printing')));
    try { tell(box, await work(`/briefing/again?code=${code}`, () => document.contains(box))); } catch (error) { box.replaceChildren(line('p', 'said altered', error.message)); }
  }

  function typed() {
    const code = (document.getElementById('verify-code') || {}).value;
    if (code) verify(`/briefing/verify?code=${encodeURIComponent(code.trim())}`);
  }

  const over = event => event.target.closest && event.target.closest('#verify-drop');
  document.addEventListener('dragover', event => { if (over(event)) { event.preventDefault(); over(event).classList.add('over'); } });
  document.addEventListener('dragleave', event => { if (over(event)) over(event).classList.remove('over'); });
  document.addEventListener('drop', event => {
    const box = over(event);
    if (!box) return;
    event.preventDefault();
    box.classList.remove('over');
    if (event.dataTransfer.files.length) dropped(event.dataTransfer.files[0]);
  });
  document.addEventListener('click', event => {
    if (!event.target.closest) return;
    if (over(event)) browse();
    else if (event.target.closest('#verify-ask')) typed();
    else if (event.target.closest('[data-again]')) again(event.target.closest('[data-again]').dataset.again);
  });
  document.addEventListener('keydown', event => {
    if (over(event) && (event.key === 'Enter' || event.key === ' ')) { event.preventDefault(); browse(); }
    else if (event.key === 'Enter' && event.target.id === 'verify-code') typed();
  });
  Fangyi.briefing = {choose, note, verify};
})();
