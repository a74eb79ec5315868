/* Taking rows out: a dialog asks what for, shows how much has come, and stops it; a file that comes whole is saved. */
(function () {
  const Fangyi = window.Fangyi, make = Fangyi.make;
  const say = (key, values) => Fangyi.say(`browser.rows.${key}`, values);

  function reason(form) {
    const label = make('label', 'rows-reason', form), field = (make('span', '', label, say('reason')), make('textarea', '', label));
    Object.assign(field, {name: 'reason', required: true, minLength: 4, maxLength: 500, rows: 3, placeholder: say('reason_hint')});
    return field;
  }

  function forms(form, path, search) {
    const set = make('fieldset', 'rows-forms', form);
    make('legend', '', set, say('form'));
    for (const [one, words] of [['csv', say('form_csv')], ['xlsx', say('form_xlsx')]]) {
      const label = make('label', '', set), radio = make('input', '', label);
      Object.assign(radio, {type: 'radio', name: 'kind', checked: one === 'csv'});
      radio.onchange = () => { form.action = `${path}.${one}${search}`; };
      make('span', '', label, words);
    }
    form.action = `${path}.csv${search}`;
  }

  /** Asks for the rows, tells how many bytes have come, and saves the file; one that breaks off is not saved. Returns why it has to wait, if so. */
  async function taken(address, reason, signal, told) {
    const answer = await fetch(address, {method: 'POST', body: new URLSearchParams({reason}), headers: Fangyi.guarded(), credentials: 'same-origin', cache: 'no-store', signal});
    if (!answer.ok) {
      const found = await answer.json().catch(() => ({}));
      throw new Error(found[Fangyi.lang()] || found.error || String(answer.status));
    }
    if (answer.status === 202) {  // a second person has to release them
      const found = await answer.json();
      return say('waits', {why: found[Fangyi.lang()] || found.en, code: found.code});
    }
    const parts = [], reader = answer.body.getReader();
    let bytes = 0;
    for (let part = await reader.read(); !part.done; part = await reader.read()) { parts.push(part.value); told(bytes += part.value.length); }
    const link = make('a', '', document.body);
    link.href = URL.createObjectURL(new Blob(parts));
    link.download = /filename="([^"]+)"/.exec(answer.headers.get('Content-Disposition'))[1];
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    return '';
  }

  function open(table, search) {
    const back = Fangyi.holdFocus(), what = {cases: say('table_cases'), compounds: say('table_compounds')}[table];
    const box = make('dialog', 'dialog rows-dialog', document.body), title = make('h2', '', box, say('title', {what}));
    title.id = 'rows-title';
    box.setAttribute('aria-labelledby', title.id);
    const form = make('form', '', box);
    make('p', '', form, say('areas'));
    const field = reason(form);
    forms(form, `/rows/${table}`, search);
    make('p', 'rows-kept', form, say('kept'));
    const row = make('div', 'order-buttons', form), no = make('button', 'button', row, say('again')), yes = make('button', 'button primary', row, say('take'));
    Object.assign(no, {type: 'button', onclick: () => box.close()});
    yes.type = 'submit';
    field.oninput = () => field.setCustomValidity(field.value.trim().length < 4 ? say('reason') : '');
    field.oninput();
    const said = make('p', 'rows-said', form);
    said.setAttribute('role', 'status');
    const stop = new AbortController();
    form.onsubmit = event => {
      event.preventDefault();
      yes.disabled = true;
      taken(form.action, field.value, stop.signal, bytes => { said.textContent = say('coming', {size: Fangyi.number(bytes / 1e6, 1)}); })
        .then(waits => { box.close(); Fangyi.toast({text: waits || say('gone')}); })
        .catch(error => { if (!stop.signal.aborted) { said.textContent = error.message; yes.disabled = false; } });
    };
    box.onclose = () => { stop.abort(); box.remove(); back(); };
    box.showModal();
    field.focus();
  }

  document.addEventListener('click', event => {
    const button = event.target.closest && event.target.closest('[data-rows]');
    if (button) open(button.dataset.rows, button.dataset.search || '');
    const released = event.target.closest && event.target.closest('[data-released]');
    if (!released) return;
    released.disabled = true;
    taken(`/rows/released/${released.dataset.released}`, '', undefined, () => {})
      .then(() => Fangyi.toast({text: say('gone')}))
      .catch(error => { Fangyi.toast({text: error.message}); released.disabled = false; });
  });
})();
