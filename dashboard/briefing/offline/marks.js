/* What stands over the shapes: sites, numbers of proposals, names; and what lies under the pointer. */
(function () {
  const Fangyi = window.Fangyi;
  const SIGNS = {
    o: r => ['circle', {r}], s: r => ['rect', {x: -r, y: -r, width: 2 * r, height: 2 * r}], D: r => ['path', {d: `M0 ${-r * 1.2}L${r * 1.2} 0L0 ${r * 1.2}L${-r * 1.2} 0Z`}],
    '^': r => ['path', {d: `M0 ${-r * 1.15}L${r * 1.1} ${r * 0.85}L${-r * 1.1} ${r * 0.85}Z`}], v: r => ['path', {d: `M0 ${r * 1.15}L${r * 1.1} ${-r * 0.85}L${-r * 1.1} ${-r * 0.85}Z`}],
    '*': r => ['circle', {r: r * 1.3, fill: 'none', 'stroke-width': 2}], square: r => ['rect', {x: -r * 1.3, y: -r * 0.8, width: r * 2.6, height: r * 1.6}],
    line: r => ['path', {d: `M${-r * 1.3} 0L${r * 1.3} 0`, 'stroke-width': 2}],
  };

  /** Draws one sign of a map or a legend. */
  Fangyi.sign = function (parent, shape, r, colour, edge, x, y) {
    const [tag, attributes] = (SIGNS[shape] || SIGNS.o)(r), ink = shape === 'line' || shape === '*' ? colour : edge;
    return Fangyi.svg(tag, parent, {fill: shape === 'line' ? 'none' : colour, stroke: ink, 'stroke-width': 0.8, transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`, ...attributes});
  };

  const seen = (view, [x, y]) => x > -40 && y > -40 && x < view.w + 40 && y < view.h + 40;

  Fangyi.marks = function (root, scene, view) {
    root.replaceChildren();
    root.setAttribute('viewBox', `0 0 ${view.w} ${view.h}`);
    for (const fill of scene.fills) for (const row of fill.near) { // a compound without an outline
      const at = !Fangyi.shapes.compounds[row].length && Fangyi.told.things.compounds.at[row];
      if (at) { const [x, y] = Fangyi.project(view, ...at); if (seen(view, [x, y])) Fangyi.sign(root, 's', 2.5, fill.colour, fill.edge, x, y); }
    }
    scene.spots = [];
    for (const mark of scene.marks) mark.at.forEach((at, i) => {
      const [x, y] = Fangyi.project(view, ...at);
      scene.spots.push({x, y, r: Math.max(mark.r[i], 5), layer: mark.layer, row: mark.rows[i], text: ''});
      if (seen(view, [x, y])) Fangyi.sign(root, mark.symbol, mark.r[i], mark.colour, Fangyi.colours.ink, x, y);
    });
    const taken = [];
    for (const [text, lon, lat] of scene.numbers) {
      const [x, y] = Fangyi.project(view, lon, lat);
      if (!seen(view, [x, y]) || taken.some(([a, b]) => Math.hypot(a - x, b - y) < 15)) continue;
      taken.push([x, y]);
      Fangyi.sign(root, 'o', 7.5, Fangyi.colours.white, Fangyi.colours.ink, x, y);
      Fangyi.svg('text', root, {x, y: y + 3.5, class: 'number'}, text);
    }
    const {at, name} = Fangyi.told.things.districts;
    (at || []).forEach((place, row) => {
      const [x, y] = Fangyi.project(view, ...place);
      if (seen(view, [x, y])) Fangyi.svg('text', root, {x, y, class: 'district'}, name[row]);
    });
  };

  /** What lies at a point of the map: {layer, row, text: its class}, or null. */
  Fangyi.under = function (scene, view, x, y) {
    const spot = scene.spots.filter(one => Math.hypot(one.x - x, one.y - y) <= one.r + 2).sort((a, b) => a.r - b.r)[0];
    if (spot) return spot;
    const place = Fangyi.unproject(view, x, y), {compounds, districts} = Fangyi.boxes;
    const holds = (box, slack) => place[0] >= box[0] - slack && place[0] <= box[2] + slack && place[1] >= box[1] - slack && place[1] <= box[3] + slack;
    for (const fill of [...scene.fills].reverse()) for (const row of [...fill.near, ...fill.far]) {
      if (holds(compounds[row], 0) && Fangyi.inside(Fangyi.shapes.compounds[row], place)) return {layer: 'compounds', row, text: fill.text};
    }
    const row = districts.findIndex((box, at) => holds(box, 0) && Fangyi.inside(Fangyi.shapes.districts[at], place));
    return row < 0 ? null : {layer: 'districts', row, text: ''};
  };
})();
