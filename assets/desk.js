/* The desk: toasts with a way back, tables that tell what was typed and how their columns stand, and a history of what was selected. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const make = Fangyi.make;
  const say = (key, values) => Fangyi.say(`browser.desk.${key}`, values);
  const written = number => (number === null ? '–' : Number(number).toLocaleString('en-US'));

  // ---- toasts: one at a time, it stays while the pointer or the focus rests on it

  let fading = null;
  Fangyi.toast = function (told) {
    let tray = document.getElementById('toasts');
    if (!tray) { tray = document.createElement('div'); tray.id = 'toasts'; tray.setAttribute('role', 'status'); tray.setAttribute('aria-live', 'polite'); document.body.append(tray); }
    tray.replaceChildren();
    const box = make('div', `toast ${told.tone ? 'tone-' + told.tone : ''}`, tray), gone = () => { clearTimeout(fading); box.remove(); };
    make('span', 'toast-text', box, told.text);
    if (told.undo || told.back) {
      const button = make('button', 'toast-undo', box, say('undo'));
      button.addEventListener('click', () => { gone(); if (told.back) told.back(); else Fangyi.send('undo', {...told.undo, t: Date.now()}); });
    }
    const close = make('button', 'quiet toast-close', box, '✕');
    close.setAttribute('aria-label', say('close'));
    close.addEventListener('click', gone);
    const fade = () => { clearTimeout(fading); fading = setTimeout(gone, told.undo || told.back ? 12000 : 6000); };
    for (const [event, does] of [['mouseenter', () => clearTimeout(fading)], ['mouseleave', fade], ['focusin', () => clearTimeout(fading)], ['focusout', fade]]) box.addEventListener(event, does);
    fade();
  };

  const dash = (window.dash_clientside = window.dash_clientside || {});
  dash.fangyi = {...dash.fangyi, toast(told) { if (told) Fangyi.toast(told); return dash.no_update; }};

  // ---- tables

  const BYHAND = source => /^(ui|autosizeColumns|toolPanel|contextMenu|rowClicked|rowDataChanged$)/i.test(source || '') && source !== 'rowDataChanged';
  const tables = new Map(); // name -> {box, api}
  const later = {};
  function soon(name, does, wait) { clearTimeout(later[name]); later[name] = setTimeout(does, wait); }

  function tell(table) { // what is typed becomes the address
    const {box, api} = table, quick = box.querySelector('input.table-quick, .table-quick input');
    Fangyi.send('grid-filter', {table: box.dataset.grid, model: api.getFilterModel(), quick: quick ? quick.value : '', t: Date.now()});
  }

  const state = api => api.getColumnState().map(one => ({colId: one.colId, hide: !!one.hide, width: Math.round(one.width), sort: one.sort || null, sortIndex: one.sortIndex, flex: one.flex || null}));
  function keep(table, columns) {
    soon('keep' + table.box.dataset.grid, () => Fangyi.send('grid-columns', {table: table.box.dataset.grid, columns: columns || state(table.api), t: Date.now()}), 500);
  }

  function counted(table) {
    const {box, api} = table, place = box.querySelector('.table-count');
    if (!place) return;
    const names = (box.dataset.sums || '').split(' ').filter(Boolean), sums = names.map(() => null); // what is known adds up; of nothing known the sum is not 0
    let n = 0;
    api.forEachNodeAfterFilter(node => { n += 1; names.forEach((name, i) => { if (typeof node.data[name] === 'number') sums[i] += node.data[name]; }); });
    const titles = names.map(name => { const one = api.getColumnDef(name); return one ? one.headerName : name; });
    place.textContent = [n === Number(box.dataset.total) ? say('rows', {n: written(n)}) : say('rows_of', {n: written(n), total: written(Number(box.dataset.total))}), ...names.map((_, i) => `${titles[i]} ${written(sums[i])}`)].join(' · ');
  }

  let left = null; // the row that led away, for the table that the new page shows, on the same address
  function returned({box, api}) {
    const node = left && left.path === location.pathname && left.grid === box.dataset.grid && api.getRowNode(left.id);
    if (node) {
      api.ensureNodeVisible(node);
      if (left.column && document.activeElement === document.body) api.setFocusedCell(node.rowIndex, left.column);
    }
    left = null;
  }

  function chosen(table, event) {
    const {picks, leads} = table.box.dataset;
    if (!(picks || leads) || /^(api|gridInitializing|rowDataChanged)/.test(event.source)) return;
    const rows = table.api.getSelectedRows();
    if (rows.length !== 1) return;
    if (leads) { // as a link does; the table keeps its filters, the keyboard its row
      const cell = table.api.getFocusedCell();
      left = {path: location.pathname, grid: table.box.dataset.grid, id: String(rows[0].id), column: cell && cell.column.getColId()};
      history.pushState({}, '', leads + encodeURIComponent(rows[0].id) + location.hash);
      window.dispatchEvent(new CustomEvent('_dashprivate_pushstate'));
    } else Fangyi.send('pick', {layer: picks, id: String(rows[0].pick || rows[0].id), from: 'table'});
  }

  async function meet(box) {
    if (!box.querySelector('.ag-root') || box.dataset.met || !window.dash_ag_grid) return;
    box.dataset.met = '1';
    const api = await window.dash_ag_grid.getApiAsync({index: box.dataset.grid, type: 'grid'}).catch(() => null);
    if (!api) { delete box.dataset.met; return; }
    const table = {box, api};
    tables.set(box.dataset.grid, table);
    api.addEventListener('filterChanged', event => { if (event.source === 'columnFilter') { table.touched = true; soon('tell' + box.dataset.grid, () => tell(table), 350); } });
    api.addEventListener('modelUpdated', () => counted(table));
    api.addEventListener('selectionChanged', event => chosen(table, event));
    api.addEventListener('cellKeyDown', event => { if (event.event.key === 'Enter') event.node.setSelected(true, true, 'keyboardSelect'); });
    for (const name of ['columnMoved', 'columnResized', 'sortChanged', 'columnVisible', 'columnPinned']) {
      api.addEventListener(name, event => { if (BYHAND(event.source) && event.finished !== false) keep(table); });
    }
    const early = api.getSelectedRows().some(row => String(row.id) !== (box.dataset.chosen || '')); // by a hand that was faster than this
    if (early) chosen(table, {source: 'early'});
    if (box.dataset.apart) await filled(table);
    counted(table);
    if (!early) marked(table, picked);
    requestAnimationFrame(() => setTimeout(() => { if (!early) returned(table); for (const go of holding.splice(0)) go(); }));
  }

  /** What field and chips say the table does: also where they came before it could take it. */
  function agrees(table) {
    const {box, api} = table, field = box.querySelector('input.table-quick, .table-quick input'), quick = field ? field.value : '';
    if ((api.getGridOption('quickFilterText') || '') !== quick) api.setGridOption('quickFilterText', quick);
    const told = !table.touched && box.querySelector('.chips [data-model]'), model = told ? JSON.parse(told.dataset.model) : {}, have = api.getFilterModel();
    if (Object.keys(model).some(name => !(name in have))) api.setFilterModel(model);
  }

  // Without a graphics card the first drawing of a city keeps the browser busy for seconds: the table that somebody opened comes before it.
  const holding = [], PATIENCE = 12000;
  Fangyi.tableFirst = () => (!/[?&]table=\w/.test(location.search) || document.querySelector('.drawer .ag-row') ? null
    : new Promise(go => { holding.push(go); setTimeout(go, PATIENCE); }));

  async function filled(table) { // rows that come apart from the page: by column, under an address that the browser keeps
    const {box, api} = table, address = box.dataset.apart;
    const answer = await fetch(address, {credentials: 'same-origin'}).catch(() => null);
    if (box.dataset.apart !== address || !box.isConnected) return;
    if (!answer || !answer.ok) { Fangyi.toast({text: say('rows_failed'), tone: 'red'}); return; }
    const columns = await answer.json(), names = Object.keys(columns);
    const rows = columns[names[0]].map((_, at) => Object.fromEntries(names.map(name => [name, columns[name][at]])));
    api.setGridOption('rowData', rows);
    box.dataset.here = '1';
  }

  document.addEventListener('keydown', event => { // Enter keeps or renames a view, as its button does
    const field = event.key === 'Enter' && event.target.closest && event.target.closest('.views-new, .views-rename > div'), button = field && field.querySelector('button');
    if (button && event.target.matches('input')) { event.preventDefault(); setTimeout(() => button.click(), 50); } // after Dash has taken what was typed
  });

  document.addEventListener('input', event => {
    const quick = event.target.closest && event.target.closest('.table-quick'), box = quick && quick.closest('[data-grid]');
    if (!box) return;
    const table = tables.get(box.dataset.grid);
    if (table) soon('tell' + box.dataset.grid, () => tell(table), 350);
  });

  // ---- the choice of columns: built when it is opened

  function row(list, table, one, number, all) {
    const item = make('li', '', list), label = make('label', '', item), tick = make('input', '', label), title = table.api.getColumnDef(one.colId).headerName;
    Object.assign(tick, {type: 'checkbox', checked: !one.hide});
    make('span', '', label, title);
    tick.addEventListener('change', () => { table.api.setColumnsVisible([one.colId], tick.checked); keep(table); });
    for (const [step, sign, word] of [[-1, '↑', say('up')], [1, '↓', say('down')]]) {
      const button = make('button', 'quiet', item, sign);
      button.disabled = number + step < 0 || number + step >= all;
      button.setAttribute('aria-label', `${title} ${word}`);
      button.addEventListener('click', () => { table.api.moveColumnByIndex(number, number + step); keep(table); columns(list.parentElement, table); });
    }
  }

  function columns(body, table) {
    body.replaceChildren();
    const list = make('ol', 'columns-list', body), all = table.api.getColumnState().filter(one => table.api.getColumnDef(one.colId));
    all.forEach((one, number) => row(list, table, one, number, all.length));
    const reset = make('button', 'button', body, say('reset'));
    reset.addEventListener('click', () => {
      const before = state(table.api);
      table.api.resetColumnState();
      keep(table, []);
      columns(body, table);
      Fangyi.toast({text: say('reset_done'), back: () => { table.api.applyColumnState({state: before, applyOrder: true}); keep(table, before); columns(body, table); }});
    });
  }

  document.addEventListener('toggle', event => {
    const menu = event.target;
    if (!menu.matches || !menu.matches('.columns-menu') || !menu.open) return;
    const box = menu.closest('[data-grid]'), table = box && tables.get(box.dataset.grid);
    if (table) columns(menu.querySelector('.columns-body'), table);
  }, true);

  document.addEventListener('click', event => { // to a section of a panel, without touching the address
    const lead = event.target.closest && event.target.closest('[data-jump]'), place = lead && document.getElementById(lead.dataset.jump);
    if (!place) return;
    place.scrollIntoView({block: 'start', behavior: 'smooth'});
    place.setAttribute('tabindex', '-1');
    place.focus({preventScroll: true});
  });

  /** Copies a text, the old way where the new one is refused, as on networks of a house without TLS; says so when neither is allowed. */
  Fangyi.copy = async function (text) {
    const done = (navigator.clipboard && (await navigator.clipboard.writeText(text).then(() => true, () => false))) || copied(text);
    if (!done) Fangyi.toast({text: say('no_copy'), tone: 'red'});
    return done;
  };
  function copied(text) {
    const field = make('textarea', 'time-copy', document.body);
    field.value = text;
    field.select();
    const done = document.execCommand('copy');
    field.remove();
    return done;
  }

  document.addEventListener('click', async event => {
    if (!event.target.closest || !event.target.closest('[data-copy]')) return;
    if (await Fangyi.copy(location.href)) Fangyi.toast({text: say('copied')});
  });

  document.addEventListener('click', event => { // a tile opens the table that says more of it, and marks its column
    const tile = event.target.closest && event.target.closest('[data-tab]');
    if (!tile) return;
    const index = ['short', 'send', 'use', 'reach', 'site'].indexOf(tile.dataset.tab), tab = document.querySelectorAll('#beds-tabs .tab, #beds-tabs [role="tab"]')[index];
    if (tab) tab.click();
    setTimeout(() => {
      const cells = [...document.querySelectorAll(`[data-need="${tile.dataset.find}"]`)];
      for (const one of document.querySelectorAll('[data-need].found')) one.classList.remove('found');
      for (const one of cells) one.classList.add('found');
      if (cells[0]) cells[0].scrollIntoView({block: 'center'});
    }, 120);
  });

  // ---- what is selected stands in the address, and the back button leads to what was selected before

  let picked = null;
  function marked(table, pick) {
    if (!table.box.dataset.picks || !table.box.isConnected) return;
    const wanted = pick && pick.layer === table.box.dataset.picks ? pick.id : null;
    table.api.forEachNode(node => {
      const is = node.data && String(node.data.pick || node.data.id) === wanted;
      if (is !== node.isSelected()) node.setSelected(is, false, 'api');
      if (is && pick.from !== 'table') table.api.ensureNodeVisible(node, 'middle');
    });
  }

  const bare = url => { const found = new URLSearchParams(new URL(url, location.href).search); found.delete('pick'); return found.toString(); };
  function pushed(pick) {
    const url = new URL(location.href), value = pick && pick.id ? `${pick.layer}:${pick.id}` : null;
    if (/\/wall$/.test(url.pathname) || url.searchParams.get('pick') === value || (pick && pick.from === 'back')) return;
    if (value) url.searchParams.set('pick', value); else url.searchParams.delete('pick');
    history.pushState({...history.state, picked: true}, '', url.pathname + url.search.replaceAll('%3A', ':').replaceAll('%2F', '/').replaceAll('%2C', ',') + url.hash);
  }

  let shown = {path: location.pathname, bare: bare(location.href)}; // the page that stands on the screen, whatever is selected in it
  addEventListener('popstate', event => {
    const now = {path: location.pathname, bare: bare(location.href)}, [layer, ...rest] = (new URLSearchParams(location.search).get('pick') || '').split(':');
    const pick = {layer: rest.length ? layer : '', id: rest.join(':'), from: 'back'};
    if (now.path !== shown.path || now.bare !== shown.bare) { shown = now; Fangyi.send('pick', null); return; } // the page is made anew, with what its address selects
    if ((picked ? `${picked.layer}:${picked.id}` : '') !== (pick.id ? `${pick.layer}:${pick.id}` : '')) { event.stopImmediatePropagation(); Fangyi.send('pick', pick); }
  });
  addEventListener('_dashprivate_pushstate', () => { shown = {path: location.pathname, bare: bare(location.href)}; });

  function wrap() {
    if (!Fangyi.select || Fangyi.select.remembers) return;
    const select = Fangyi.select;
    Fangyi.select = pick => {
      pushed(pick);
      picked = pick && pick.id ? pick : null;
      for (const table of tables.values()) marked(table, picked);
      return select(pick);
    };
    Fangyi.select.remembers = true;
  }

  function look() {
    wrap();
    for (const [name, table] of tables) if (!table.box.isConnected) tables.delete(name);
    for (const table of tables.values()) agrees(table);
    for (const box of document.querySelectorAll('[data-grid]:not([data-met])')) meet(box);
  }
  setInterval(look, 250);
})();
