/* Taking rows out: a dialog asks what for, then the browser downloads; its own bar shows how far it is and stops it. */
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

  function open(table, search) {
    const back = document.activeElement, what = {cases: say('table_cases'), compounds: say('table_compounds')}[table];
    const box = make('dialog', 'dialog rows-dialog', document.body), title = make('h2', '', box, say('title', {what}));
    title.id = 'rows-title';
    box.setAttribute('aria-labelledby', title.id);
    const form = make('form', '', box);
    form.method = 'post';
    make('p', '', form, say('areas'));
    const field = reason(form);
    forms(form, `/rows/${table}`, search);
    make('p', 'rows-kept', form, say('kept'));
    const row = make('div', 'order-buttons', form), no = make('button', 'button', row, say('again')), yes = make('button', 'button primary', row, say('take'));
    Object.assign(no, {type: 'button', onclick: () => box.close()});
    yes.type = 'submit';
    field.oninput = () => field.setCustomValidity(field.value.trim().length < 4 ? say('reason') : '');
    field.oninput();
    form.onsubmit = () => { // a form that leaves the page before its request is on its way sends nothing
      yes.disabled = true;
      setTimeout(() => { box.close(); Fangyi.toast({text: say('gone')}); }, 1000);
    };
    box.onclose = () => { box.remove(); if (back && back.isConnected) back.focus(); };
    box.showModal();
    field.focus();
  }

  document.addEventListener('click', event => {
    const button = event.target.closest && event.target.closest('[data-rows]');
    if (button) open(button.dataset.rows, button.dataset.search || '');
  });
})();
