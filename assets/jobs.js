/* Printing with progress: a click on a briefing starts a job, a small card shows how far it is, cancels it and hands over the file. */
(function () {
  const make = window.Fangyi.make;
  const say = (key, values) => window.Fangyi.say(`browser.jobs.${key}`, values);
  const step = job => job[window.Fangyi.lang()]; // the server says each step in both languages
  const KEY = 'fangyi-jobs', EVERY = 400;
  const kept = () => JSON.parse(sessionStorage.getItem(KEY) || '{}'); // survives a reload of the page
  function keep(id, title) {
    const all = kept();
    if (title === null) delete all[id]; else all[id] = title;
    sessionStorage.setItem(KEY, JSON.stringify(all));
  }

  async function ask(path, method) {
    const answer = await fetch(path, {method: method || 'GET', credentials: 'same-origin', cache: 'no-store', headers: method ? window.Fangyi.guarded() : {}});
    const found = await answer.json().catch(() => ({}));
    if (!answer.ok) throw Object.assign(new Error(found.error || String(answer.status)), {status: answer.status});
    return found;
  }

  function card(title) {
    let tray = document.getElementById('jobs');
    if (!tray) { tray = document.createElement('div'); tray.id = 'jobs'; document.body.append(tray); }
    const box = make('section', 'job', tray), head = make('header', 'job-head', box);
    box.setAttribute('role', 'status');
    make('b', '', head, title);
    const stop = make('button', 'quiet', head, say('cancel'));
    const bar = make('progress', '', box), words = make('p', 'job-words', box, say('starting'));
    bar.setAttribute('aria-label', title);
    return {box, stop, bar, words, gone: false, close() { this.gone = true; box.remove(); }};
  }

  function ended(shown, id, words, kind) {
    keep(id, null);
    shown.box.classList.add(kind);
    shown.bar.remove();
    shown.words.textContent = words;
    Object.assign(shown.stop, {textContent: say('close'), disabled: false});
    shown.stop.onclick = () => shown.close();
    if (kind === 'cancelled') setTimeout(() => shown.close(), 4000);
  }

  const searched = job => job.name.startsWith('clusters'); // kept by the server: the page shows it, there is nothing to download

  function ready(shown, job) {
    if (searched(job)) { keep(job.id, null); return Fangyi.reload(); }
    ended(shown, job.id, say('ready'), 'done');
    const link = make('a', 'button primary', shown.box, say('download', {name: job.name, size: window.Fangyi.number(job.bytes / 1e6, 1)}));
    link.href = `/job/${job.id}/file`;
    link.download = '';
    link.click();
  }

  function show(shown, job) {
    const known = job.total > 1 || job.done > 0;
    if (known) { shown.bar.max = job.total; shown.bar.value = job.done; } else shown.bar.removeAttribute('value');
    shown.words.textContent = known && searched(job) ? `${step(job)} ${Math.floor(100 * job.done / job.total)} %` : known ? say('page', {n: job.done, total: job.total}) : `${step(job)}…`;
  }

  async function follow(shown, id) {
    shown.stop.onclick = async () => {
      shown.stop.disabled = true;
      try { await ask(`/job/${id}/cancel`, 'POST'); } finally { shown.stop.disabled = false; }
    };
    if (shown.unwanted) shown.stop.onclick();
    let missed = 0;
    while (!shown.gone) {
      try {
        const job = await ask(`/job/${id}`);
        missed = 0;
        if (job.state === 'done') { listed(); return ready(shown, job); }
        if (job.state === 'failed') return ended(shown, id, step(job), 'failed');
        if (job.state === 'cancelled') return ended(shown, id, say('cancelled'), 'cancelled');
        show(shown, job);
      } catch (error) {
        if (error.status === 404) return ended(shown, id, say('restarted'), 'failed');
        if (++missed > 50) return ended(shown, id, say('lost'), 'failed');
        shown.words.textContent = say('trying');
      }
      await new Promise(done => setTimeout(done, EVERY));
    }
  }

  /** The list of prints on the page Briefing tells of the new one. */
  function listed() {
    const {pulse} = window.Fangyi;
    if (location.pathname === '/briefing' && pulse && pulse.last) window.Fangyi.send('pulse', {...pulse.last, changed: ['saved'], t: Date.now()});
  }

  async function start(link) {
    const title = link.dataset.job, shown = card(title);
    shown.stop.onclick = () => { shown.unwanted = shown.stop.disabled = true; }; // pressed before the job has a number: done as soon as it has
    try {
      const job = await ask(link.getAttribute('href'), 'POST');
      keep(job.id, title);
      await follow(shown, job.id);
    } catch (error) { ended(shown, '', error.message, 'failed'); }
  }

  document.addEventListener('click', event => {
    const link = event.target.closest && event.target.closest('a[data-job]');
    const menu = event.target.closest && event.target.closest('details.menu');
    for (const open of document.querySelectorAll('details.menu[open]')) if (open !== menu || event.target.closest('a')) open.open = false;
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return; // a plain link for whoever wants one
    event.preventDefault();
    start(link);
  });
  addEventListener('keydown', event => { if (event.key === 'Escape') for (const open of document.querySelectorAll('details.menu[open]')) open.open = false; });
  addEventListener('load', () => setTimeout(() => { for (const [id, title] of Object.entries(kept())) follow(card(title), id); }, 500));
})();
