/* The map as plain shapes (SVG): where there is no WebGL, and on paper. One path a class; moving the view moves one group. */
(function () {
  const Fangyi = window.Fangyi, BASE = 10, SCALE = 2 ** BASE;

  /** Returns the engine: `build` makes the shapes of a map, `draw` shows them from a view. */
  Fangyi.plain = function (parent) {
    const root = Fangyi.svg('svg', null, {class: 'plain'}), group = Fangyi.svg('g', root);
    parent.prepend(root);
    let origin = [0, 0];
    const at = ([lon, lat]) => { const [x, y] = Fangyi.plane(lon, lat); return `${((x - origin[0]) * SCALE).toFixed(2)} ${((y - origin[1]) * SCALE).toFixed(2)}`; };
    const line = points => `M${points.map(at).join('L')}`;
    const area = polygons => polygons.map(rings => rings.map(one => `${line(one)}Z`).join('')).join('');
    const path = (d, attributes) => d && Fangyi.svg('path', group, {d, 'vector-effect': 'non-scaling-stroke', 'fill-rule': 'evenodd', fill: 'none', ...attributes});

    return {
      root,
      build(scene) {
        const c = Fangyi.colours, {districts} = Fangyi.shapes;
        origin = Fangyi.plane(scene.view.lon, scene.view.lat);
        group.replaceChildren();
        path(districts.map(area).join(''), {fill: c.land});
        path(Fangyi.water.map(area).join(''), {fill: c.water, stroke: c['water-edge'], 'stroke-width': 0.5});
        path(Fangyi.roads.map(line).join(''), {stroke: c.road, 'stroke-width': 1});
        for (const fill of scene.fills) {
          for (const [rows, opacity] of [[fill.far, 0.2], [fill.near, 1]]) path(rows.map(row => area(Fangyi.shapes.compounds[row])).join(''), {fill: fill.colour, stroke: fill.edge, 'stroke-width': 0.7, opacity});
        }
        path(districts.map(area).join(''), {stroke: c.border, 'stroke-width': 1});
        if (scene.focus >= 0) path(area(districts[scene.focus]), {stroke: c.area, 'stroke-width': 2});
      },
      draw(view) {
        const [x, y] = Fangyi.plane(view.lon, view.lat), scale = 2 ** (view.zoom - BASE);
        root.setAttribute('viewBox', `0 0 ${view.w} ${view.h}`);
        group.setAttribute('transform', `translate(${view.w / 2} ${view.h / 2}) scale(${scale}) translate(${-(x - origin[0]) * SCALE} ${-(y - origin[1]) * SCALE})`);
        Fangyi.ready += 1;
      },
    };
  };
})();
