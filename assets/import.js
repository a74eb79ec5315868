/* The import page: a file is dropped and sent as it is, with progress; previews, imports and undos are followed to their end, and stopped. */
(function () {
  const make = window.Fangyi.make;
  const say = (key, values) => window.Fangyi.say(`browser.import.${key}`, values);
  const lang = () => window.Fangyi.lang();
  const EVERY = 300;
  let sending = null, following = null;

  /** The box of progress: words, a bar, and a button that stops; shown wherever the page has a place for it. */
  function box(words, stop) {
    const place = document.getElementById('import-progress');
    if (!place) return null;
    place.replaceChildren();
    place.className = 'import-progress here';
    const line = make('div', 'import-line', place), text = make('span', '', line, words);
    const button = make('button', 'quiet', line, say('stop'));
    button.type = 'button';
    button.onclick = () => { button.disabled = true; text.textContent = say('stopping'); stop(); };
    const bar = make('progress', '', place);
    bar.setAttribute('aria-label', words);
    return {text, bar, button};
  }

  function told(words, kind) {
    const place = document.getElementById('import-progress');
    if (!place) return;
    place.replaceChildren();
    place.className = 'import-progress ' + (words ? kind : '');
    if (words) make('p', '', place, words);
  }

  function go(change) {
    const query = new URLSearchParams(location.search);
    for (const name of ['draft', 'batch', 'profile', 'feed', 'source']) query.delete(name);
    for (const [name, value] of Object.entries(change)) query.set(name, value);
    window.dash_clientside.set_props('url', {search: '?' + query});
  }

  // ---- sending a file

  function send(file) {
    const zone = document.getElementById('import-drop');
    if (!zone || sending) return;
    const suffix = (file.name.match(/\.[^.]*$/) || [''])[0].toLowerCase(), formats = zone.dataset.formats.split(',');
    if (!formats.includes(suffix)) return told(`${file.name}: ${say('format', {n: formats.join(' ')})}`, 'bad');
    if (file.size > Number(zone.dataset.most)) return told(`${file.name}: ${say('large', {n: zone.dataset.most / 1e6})}`, 'bad');
    const ask = (sending = new XMLHttpRequest()), shown = box(`${say('sending')} ${file.name}`, () => ask.abort());
    ask.open('POST', '/imports/upload?name=' + encodeURIComponent(file.name));
    for (const [name, value] of Object.entries(Fangyi.guarded())) ask.setRequestHeader(name, value);
    ask.upload.onprogress = event => {
      shown.bar.max = event.total; shown.bar.value = event.loaded;
      shown.text.textContent = `${say('sending')} ${file.name} · ${Math.round((100 * event.loaded) / (event.total || 1))} %`;
    };
    ask.upload.onload = () => { shown.bar.removeAttribute('value'); shown.text.textContent = `${say('reading')}…`; };
    ask.onabort = () => told(say('stopped'), 'bad');
    ask.onerror = () => told(say('lost'), 'bad');
    ask.onload = () => {
      let found = {};
      try { found = JSON.parse(ask.responseText); } catch (_) { /* an answer of a proxy is no JSON: its status is told */ }
      if (ask.status === 201) { told('', ''); return go({draft: found.token}); }
      told(found[lang()] || found.error || `${say('failed')} (${ask.status})`, 'bad');
    };
    ask.onloadend = () => { sending = null; };
    ask.send(file);
  }

  function choose() {
    const zone = document.getElementById('import-drop'), input = document.createElement('input');
    input.type = 'file';
    input.accept = zone.dataset.formats;
    input.onchange = () => { if (input.files[0]) send(input.files[0]); };
    input.click();
  }

  const over = event => document.getElementById('import-drop') && event.dataTransfer && [...event.dataTransfer.types].includes('Files');
  for (const name of ['dragenter', 'dragover']) addEventListener(name, event => { if (over(event)) { event.preventDefault(); document.getElementById('import-drop').classList.add('over'); } });
  addEventListener('dragleave', event => { if (!event.relatedTarget && document.getElementById('import-drop')) document.getElementById('import-drop').classList.remove('over'); });
  addEventListener('drop', event => {
    if (!over(event)) return;
    event.preventDefault();
    document.getElementById('import-drop').classList.remove('over');
    if (event.dataTransfer.files.length !== 1) return told(say('many'), 'bad');
    send(event.dataTransfer.files[0]);
  });
  addEventListener('click', event => { if (event.target.closest && event.target.closest('#import-choose')) choose(); });

  // ---- following work

  async function ask(path, method) {
    const answer = await fetch(path, {method: method || 'GET', credentials: 'same-origin', cache: 'no-store', headers: method ? Fangyi.guarded() : {}});
    const found = await answer.json().catch(() => ({}));
    if (!answer.ok) throw Object.assign(new Error(found.error || String(answer.status)), {status: answer.status});
    return found;
  }

  function ended(job, does) {
    const result = job.result || {};
    if (job.state === 'failed') return told(lang() === 'en' ? job.en : job.zh, 'bad');
    if (job.state === 'cancelled') return told(say('stopped'), 'bad');
    const bad = result.unkept || (does !== 'preview' && result.problem);
    told(bad ? bad[lang()] : '', 'bad');
    if (does === 'preview') { Fangyi.send('import-tick', Date.now()); return scrollTo({top: 0, behavior: 'smooth'}); }
    if (result.problem) return undefined;
    if (does === 'undo-try') return Fangyi.send('import-undo-tick', Date.now());
    if (result.unkept) { setTimeout(() => go({batch: result.batch}), 8000); return undefined; } // to be read first
    return go({batch: result.batch});
  }

  async function follow(work) {
    following = work.id;
    for (const button of document.querySelectorAll('.imports-page .button.primary, .imports-page .button.danger')) button.disabled = true;
    const shown = box('…', () => ask(`/imports/job/${work.id}/stop`, 'POST').catch(error => told(error.message, 'bad')));
    let missed = 0, job = {state: 'waiting'};
    while (following === work.id) {
      try {
        job = await ask(`/imports/job/${work.id}`);
        missed = 0;
        if (['done', 'failed', 'cancelled'].includes(job.state)) break;
        if (shown && !shown.button.disabled) {
          shown.text.textContent = lang() === 'en' ? job.en : job.zh;
          if (job.total > 1) { shown.bar.max = job.total; shown.bar.value = job.done; } else shown.bar.removeAttribute('value');
        }
      } catch (error) {
        if (error.status === 404) return told(say('restarted'), 'bad');
        if (++missed > 60) return told(say('lost'), 'bad');
        if (shown) shown.text.textContent = say('retry');
      }
      await new Promise(done => setTimeout(done, EVERY));
    }
    for (const button of document.querySelectorAll('.imports-page .button.primary, .imports-page .button.danger')) button.disabled = false;
    return ended(job, work.do);
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.fangyi_imports = {
    follow(work) {
      if (work && work.reload) location.reload();
      else if (work && work.problem) told(work.problem[lang()], 'bad');
      else if (work && work.id) follow(work);
      return window.dash_clientside.no_update;
    },
  };
})();
