/* The map under the keyboard: arrows move, + and - zoom, Tab goes through what is seen, Enter selects it, Escape lets go. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const state = (Fangyi.map = Fangyi.map || {});
  const STOPS = 30; // things that Tab goes through before it leaves the map
  const own = {at: -1, stops: []};

  /** What can be stopped at now, the most important first: circles of a level, else hospitals and compounds in sight. */
  function stops() {
    const viewport = state.engine.viewport(), gap = Fangyi.insets();
    const seen = at => { const [x, y] = viewport.project(at); return x > gap.left && y > gap.top && x < viewport.width - gap.right && y < viewport.height - gap.bottom; };
    const places = (state.level && state.level.now !== 'compound' ? state.level.places : []).filter(one => seen(one.at)).map(place => ({place, at: place.at, rank: place.n}));
    if (places.length) return places.slice(0, STOPS);
    const found = [];
    for (const layer of new Map(state.layers.filter(one => one.json.pickable && Fangyi.isShown(one)).map(one => [one.json.layer, one])).values()) {
      const {tables} = layer, ids = tables.names.text.id || [], value = tables.column('confirmed_now');
      for (let row = 0; row < ids.length; row++) {
        const at = Fangyi.centreOf(tables, row);
        if (at && seen(at)) found.push({layer, row, at, rank: value ? value.values[row] : 1e6});
      }
    }
    return found.sort((a, b) => b.rank - a.rank).slice(0, STOPS);
  }

  function stopAt(i) {
    own.at = i;
    const stop = own.stops[i];
    if (!stop) { Fangyi.card(null); Fangyi.redraw(); return; }
    const [x, y] = state.engine.viewport().project(stop.at);
    Fangyi.card(stop, x, y);
    Fangyi.redraw();
  }
  Fangyi.extra(() => {
    const stop = own.stops[own.at], k = Fangyi.scale || 1;
    return stop ? [{id: 'stop', kind: 'circles', over: true, items: [{at: stop.at, r: (stop.place ? stop.place.r : 10 * k) + 4 * k, line: Fangyi.colour('arc'), width: 3 * k}]}] : [];
  });
  const leave = () => { if (own.at >= 0) { own.stops = []; stopAt(-1); } };

  function keys(event) {
    if (!state.engine || event.target.closest('input, textarea, select')) return;
    const viewport = state.engine.viewport(), pan = {ArrowLeft: [-80, 0], ArrowRight: [80, 0], ArrowUp: [0, -80], ArrowDown: [0, 80]}[event.key];
    if (pan && !event.shiftKey) {
      const middle = viewport.project([viewport.longitude, viewport.latitude]), [longitude, latitude] = viewport.unproject([middle[0] + pan[0], middle[1] + pan[1]]);
      state.touched = true;
      state.engine.go({longitude, latitude}, 120);
    } else if (event.key === '+' || event.key === '=') Fangyi.zoomBy(0.5);
    else if (event.key === '-' || event.key === '_') Fangyi.zoomBy(-0.5);
    else if (event.key === 'Home') Fangyi.fullExtent();
    else if (event.key === 'Tab') {
      if (own.at < 0) own.stops = stops();
      const next = own.at + (event.shiftKey ? -1 : 1);
      if (next < 0 || next >= own.stops.length) return leave(); // the focus goes on as everywhere
      stopAt(next);
    } else if (event.key === 'Enter' && own.stops[own.at]) {
      const stop = own.stops[own.at];
      leave();
      Fangyi.report(stop);
    } else if (event.key === 'Escape' && own.at >= 0) leave();
    else return;
    event.preventDefault();
  }

  Fangyi.on('mounted', () => {
    const map = state.parent;
    map.tabIndex = 0;
    for (const canvas of map.querySelectorAll('canvas')) canvas.tabIndex = -1;
    map.addEventListener('keydown', keys);
    map.addEventListener('blur', leave);
    map.addEventListener('pointerdown', event => { leave(); if (event.target.closest('canvas')) map.focus({preventScroll: true}); });
  });
  Fangyi.on('view', () => { if (own.at >= 0) leave(); });
})();
