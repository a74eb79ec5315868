/* What a plan moves from one site to another: arcs, as wide as the amount, telling what on hover. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const state = (Fangyi.map = Fangyi.map || {});
  const LEAST = 1, MOST = 3.5; // pixels

  Fangyi.extra(() => {
    const arcs = (state.spec && state.spec.arcs) || [];
    if (!arcs.length) return [];
    const most = Math.max(...arcs.map(one => one.n), 1), k = Fangyi.scale || 1;
    return [{id: 'arcs', kind: 'arcs', pickable: true, items: arcs.map(one => ({from: one.from, to: one.to, start: Fangyi.colour('arcFrom'), colour: Fangyi.colour('arc'), width: (LEAST + (MOST - LEAST) * Math.sqrt(one.n / most)) * k, text: {title: one.title, sub: one.sub, rows: one.rows}}))}];
  });
})();
