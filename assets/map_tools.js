/* The bar of tools beside the map: search, zoom, north, tilt, full extent, select, measure, layers, picture; and the scale bar. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const state = (Fangyi.map = Fangyi.map || {});
  const SVG = 'http://www.w3.org/2000/svg';
  const ICONS = { // paths on a field of 24 x 24
    in: 'M12 5v14M5 12h14', out: 'M5 12h14', north: 'M12 3l4.5 17L12 16.5 7.5 20z', tilt: 'M4 17l4-9h8l4 9zM12 3v2M6 12.5h12',
    extent: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5', box: 'M4.5 4.5h15v15h-15zM9 12h6M12 9v6', lasso: 'M12 4c5 0 8.5 2.4 8.5 5.6S17 15 12 15 3.5 12.8 3.5 9.6 7 4 12 4zM8 14.6c-1.6 1.2-1.6 3.2.2 3.8 1.6.6 1.6 2.2-.4 2.6',
    distance: 'M3.5 15.5l12-12 5 5-12 12zM8 11l2 2M11 8l2 2M14 5l2 2', area: 'M5 7l9-3 6 8-6 8-10-3z', layers: 'M12 3.5l9 4.8-9 4.8-9-4.8zM3 12.6l9 4.8 9-4.8M3 16.6l9 4.4 9-4.4', picture: 'M4 5.5h16v13H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.5h.01',
  };
  const GROUPS = [['in', 'out', 'north', 'tilt', 'extent'], ['box', 'lasso', 'distance', 'area'], ['layers', 'picture']];
  const say = (key, values) => Fangyi.say(`browser.tools.${key}`, values);
  const NAME = {in: () => say('in'), out: () => say('out'), north: () => say('north'), tilt: () => say('tilt'), extent: () => say('extent'), box: () => say('box'), lasso: () => say('lasso'), distance: () => say('distance'), area: () => say('area'), layers: () => say('layers'), picture: () => say('picture')};
  const view = () => state.engine.viewport() || {zoom: 9, bearing: 0, pitch: 0};

  Fangyi.zoomBy = step => { state.touched = true; state.engine.go({zoom: Math.min(18, Math.max(4, view().zoom + step))}, 220); };
  const DO = {
    in: () => Fangyi.zoomBy(1), out: () => Fangyi.zoomBy(-1), north: () => state.engine.go({bearing: 0}, 300), extent: () => Fangyi.fullExtent(),
    tilt: () => { state.touched = true; state.engine.go({pitch: view().pitch > 8 ? 0 : 45}, 400); },
    box: () => Fangyi.selectMode('box'), lasso: () => Fangyi.selectMode('lasso'), distance: () => Fangyi.measure('distance'), area: () => Fangyi.measure('area'),
    layers: () => { Fangyi.openLayers(Fangyi.layerList.hidden); marks(); }, picture: () => Fangyi.picture(),
  };

  function icon(name) {
    const svg = document.createElementNS(SVG, 'svg'), path = document.createElementNS(SVG, 'path');
    svg.setAttribute('viewBox', '0 0 24 24');
    svg.setAttribute('aria-hidden', 'true');
    path.setAttribute('d', ICONS[name]);
    svg.append(path);
    return svg;
  }

  const tools = document.createElement('div'), bar = document.createElement('div'), foot = document.createElement('div'), scale = document.createElement('div'), news = document.createElement('p');
  const buttons = new Map();
  tools.className = 'map-tools';
  tools.setAttribute('role', 'region');
  bar.className = 'map-bar';
  bar.setAttribute('role', 'toolbar');
  bar.setAttribute('aria-orientation', 'vertical');
  foot.className = 'map-foot';
  scale.className = 'map-scale';
  news.className = 'map-news';
  news.setAttribute('role', 'status');
  for (const names of GROUPS) {
    const group = document.createElement('div');
    group.className = 'map-group';
    for (const name of names) {
      const button = document.createElement('button');
      button.type = 'button';
      button.dataset.tool = name;
      button.append(icon(name));
      button.addEventListener('click', () => { if (state.engine) DO[name](); });
      buttons.set(name, button);
      group.append(button);
    }
    bar.append(group);
  }

  /** Says one line to everybody who looks or listens. */
  const hush = Fangyi.soon(() => { news.textContent = ''; }, 4000);
  Fangyi.tell = text => { news.textContent = text; hush(); };

  function build() {
    if (!tools.isConnected) {
      foot.append(Fangyi.levelBar, scale);
      tools.append(Fangyi.searchBox, bar, Fangyi.layerList, Fangyi.measured, news, foot);
      document.body.append(tools);
    }
    bar.setAttribute('aria-label', say('bar'));
    tools.setAttribute('aria-label', say('bar'));
    for (const [name, button] of buttons) { button.title = NAME[name](); button.setAttribute('aria-label', button.title); }
    buttons.get('tilt').hidden = buttons.get('north').hidden = !!state.isPlain;
    marks();
    room();
  }

  function marks() {
    const pressed = {box: state.many.mode === 'box', lasso: state.many.mode === 'lasso', distance: Fangyi.measuring() === 'distance', area: Fangyi.measuring() === 'area', layers: !Fangyi.layerList.hidden, tilt: !state.flat};
    for (const [name, on] of Object.entries(pressed)) buttons.get(name).setAttribute('aria-pressed', String(on));
    const selectable = state.layers.some(one => one.json.layer === 'compounds');
    for (const name of ['box', 'lasso']) buttons.get(name).hidden = !selectable;
  }

  /** The tools stand in the part of the map that no panel covers; a page without a map has none. */
  function room() {
    const gap = Fangyi.insets(true), shell = document.querySelector('.shell');
    for (const side of ['left', 'right', 'top', 'bottom']) tools.style.setProperty(`--free-${side}`, `${Math.round(gap[side])}px`);
    const head = document.querySelector('.shell .head');
    tools.style.setProperty('--free-head', `${head ? Math.round(head.getBoundingClientRect().bottom) : 0}px`);
    tools.classList.toggle('on-wall', !!shell && shell.classList.contains('wall'));
    tools.hidden = !shell || shell.classList.contains('plain') || shell.classList.contains('waiting');
  }

  // ---- scale bar: a round number of metres, as long as it is on the ground in the middle of the map

  function measureScale() {
    const v = state.engine && state.engine.viewport();
    if (!v) return;
    const metre = (512 * 2 ** v.zoom) / (40075016.686 * Math.cos((v.latitude * Math.PI) / 180)), wanted = 110 * (Fangyi.scale || 1) / metre;
    const power = 10 ** Math.floor(Math.log10(wanted)), length = [5, 2, 1].find(n => n * power <= wanted) * power;
    scale.style.setProperty('--length', `${(length * metre).toFixed(1)}px`);
    scale.textContent = length >= 1000 ? `${length / 1000} km` : `${length} m`;
    scale.dataset.zoom = v.zoom;
    buttons.get('north').firstChild.style.transform = `rotate(${-(v.bearing || 0)}deg)`;
    buttons.get('tilt').setAttribute('aria-pressed', String((v.pitch || 0) > 8));
  }
  Fangyi.scaleBar = () => ({text: scale.textContent, length: parseFloat(scale.style.getPropertyValue('--length')), zoom: Number(scale.dataset.zoom)});

  addEventListener('click', event => { // a click elsewhere closes the list
    if (Fangyi.layerList.hidden || Fangyi.layerList.contains(event.target) || buttons.get('layers').contains(event.target) || !event.target.isConnected) return;
    Fangyi.openLayers(false);
    marks();
  });
  bar.addEventListener('keydown', event => { // one stop for the Tab key would hide the tools; arrows go along them besides
    const all = [...buttons.values()].filter(one => !one.hidden), step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (!step) return;
    event.preventDefault();
    all[(all.indexOf(document.activeElement) + step + all.length) % all.length].focus();
  });
  Fangyi.on('spec', build);
  Fangyi.on('mode', marks);
  const again = () => { if (tools.isConnected) room(); }; // they stand on the map once there is one
  Fangyi.on('room', again);
  Fangyi.on('view', measureScale);
  Fangyi.on('drawn', () => { room(); measureScale(); });
  addEventListener('resize', Fangyi.soon(again, 200));
})();
