/* The same map without WebGL: flat, on a 2-D canvas, from the same JSON and tables. For weak desks, or with ?plain=1. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const mercator = ([lon, lat]) => [(lon + 180) / 360, 0.5 - Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / (2 * Math.PI)];
  const css = c => `rgba(${c[0]},${c[1]},${c[2]},${(c[3] ?? 255) / 255})`;

  Fangyi.plain = function (parent, tools) {
    const {state, report, column, ringOf, soon, choose} = tools;
    const canvas = document.createElement('canvas'), pen = canvas.getContext('2d'), note = document.createElement('p');
    const view = {x: 0.8, y: 0.4, zoom: 9, pad: {left: 0, right: 0, top: 0, bottom: 0}};
    canvas.tabIndex = 0;
    note.className = 'plain-note';
    parent.replaceChildren(canvas, note);
    const labelsSoon = soon(() => { if (choose()) draw(); }, 140);
    const centre = () => [(canvas.clientWidth + view.pad.left - view.pad.right) / 2, (canvas.clientHeight + view.pad.top - view.pad.bottom) / 2];
    const world = () => 512 * 2 ** view.zoom;
    const flat = at => { const [cx, cy] = centre(), [x, y] = mercator(at), s = world(); return [(x - view.x) * s + cx, (y - view.y) * s + cy]; };

    const paths = new WeakMap(); // shapes -> world coordinates, so that a redraw computes no logarithm
    function projected(shapes) {
      if (!paths.has(shapes)) {
        const found = new Float64Array(shapes.xy.length);
        for (let i = 0; i < found.length; i += 2) [found[i], found[i + 1]] = mercator([shapes.xy[i], shapes.xy[i + 1]]);
        paths.set(shapes, found);
      }
      return paths.get(shapes);
    }

    function trace(shapes, i) {
      const xy = projected(shapes), [cx, cy] = centre(), s = world();
      const [from, to] = shapes.start ? [shapes.start[i], shapes.start[i + 1]] : [i, i + 1];
      for (let j = from; j < to; j++) {
        const x = (xy[2 * j] - view.x) * s + cx, y = (xy[2 * j + 1] - view.y) * s + cy;
        j === from ? pen.moveTo(x, y) : pen.lineTo(x, y);
      }
    }

    const reads = (layer, option, other) => {
      const value = layer.json[option], name = column(value);
      if (!name) return () => value ?? other;
      const found = layer.tables.column(name);
      return i => { const at = layer.tables.row(i) * found.size; return found.size === 1 ? found.values[at] : found.values.subarray(at, at + found.size); };
    };

    const DRAW = {
      SolidPolygonLayer(layer) {
        const fill = reads(layer, 'getFillColor', [60, 80, 100, 200]), {shapes} = layer.tables;
        for (let i = 0; i < shapes.parts; i++) { pen.fillStyle = css(fill(i)); pen.beginPath(); trace(shapes, i); pen.fill(); }
      },
      PathLayer(layer) {
        const colour = reads(layer, 'getColor', [96, 124, 150, 190]), width = reads(layer, 'getWidth', 1), {shapes} = layer.tables;
        const metre = layer.json.widthUnits === 'pixels' ? Fangyi.scale || 1 : world() / 4.0075e7;
        for (let i = 0; i < shapes.parts; i++) {
          pen.strokeStyle = css(colour(i));
          pen.lineWidth = Math.max(width(i) * metre, layer.json.widthMinPixels || 0.5);
          pen.beginPath(); trace(shapes, i); pen.stroke();
        }
      },
      ScatterplotLayer(layer) { dots(layer, 'getRadius', (layer.json.radiusScale || 1)); },
      ColumnLayer(layer) { dots(layer, null, 1); },
      ArcLayer(layer) {
        const colour = reads(layer, 'getTargetColor', [248, 210, 92, 235]), width = reads(layer, 'getWidth', 1), {shapes} = layer.tables;
        for (let i = 0; i < shapes.parts; i++) {
          const a = flat([shapes.xy[4 * i], shapes.xy[4 * i + 1]]), b = flat([shapes.xy[4 * i + 2], shapes.xy[4 * i + 3]]);
          pen.strokeStyle = css(colour(i)); pen.lineWidth = width(i) * (Fangyi.scale || 1);
          pen.beginPath(); pen.moveTo(...a); pen.quadraticCurveTo((a[0] + b[0]) / 2, Math.min(a[1], b[1]) - Math.abs(a[0] - b[0]) / 4, ...b); pen.stroke();
        }
      },
      TextLayer(layer) {
        const k = Fangyi.scale || 1, colour = reads(layer, 'getColor', [214, 224, 234, 255]);
        const [dx, dy] = Array.isArray(layer.json.getPixelOffset) ? layer.json.getPixelOffset : [0, 0];
        Object.assign(pen, {textAlign: 'center', textBaseline: 'middle', lineJoin: 'round', strokeStyle: 'rgba(9,15,22,.9)', lineWidth: 3 * k});
        for (const label of layer.shown || []) {
          const [x, y] = flat(label.at);
          pen.font = `600 ${label.size * k}px "Noto Sans CJK SC","Microsoft YaHei","PingFang SC",sans-serif`;
          pen.fillStyle = css(colour(label.i));
          pen.strokeText(label.text, x + dx * k, y + dy * k); pen.fillText(label.text, x + dx * k, y + dy * k);
        }
      },
    };

    function radius(layer, option) {
      const {json} = layer, k = Fangyi.scale || 1, own = reads(layer, option || '', json.radius ?? 1);
      const metre = json.radiusUnits === 'pixels' ? k : world() / 4.0075e7 / Math.cos(0.533);
      return i => Math.min(Math.max(own(i) * metre * (json.radiusScale || 1), (json.radiusMinPixels || 2) * k), (json.radiusMaxPixels || 60) * k);
    }
    function dots(layer, option) {
      const fill = reads(layer, 'getFillColor', [236, 242, 248, 255]), size = radius(layer, option), {shapes} = layer.tables;
      for (let i = 0; i < shapes.parts; i++) {
        const [x, y] = flat([shapes.xy[2 * i], shapes.xy[2 * i + 1]]);
        pen.fillStyle = css(fill(i)); pen.beginPath(); pen.arc(x, y, size(i), 0, 7); pen.fill();
      }
    }

    function draw() {
      const dpr = window.devicePixelRatio || 1, w = canvas.clientWidth, h = canvas.clientHeight;
      if (canvas.width !== w * dpr || canvas.height !== h * dpr) Object.assign(canvas, {width: w * dpr, height: h * dpr});
      pen.setTransform(dpr, 0, 0, dpr, 0, 0);
      pen.clearRect(0, 0, w, h);
      if (state.spec) note.textContent = window.Fangyi.say('browser.plain.note', {}, state.spec.lang === 'en' ? 'en' : 'zh'); // the map may come before the page
      for (const layer of state.layers) if (!state.hidden.has(layer.json.layer)) DRAW[layer.json['@@type']](layer);
      const ring = ringOf(state.picked);
      if (ring) {
        Object.assign(pen, {strokeStyle: '#fff', lineWidth: 3});
        for (const item of ring.items) { pen.beginPath(); ring.paths ? item.forEach((at, j) => pen[j ? 'lineTo' : 'moveTo'](...flat(at))) : pen.arc(...flat(item), 13, 0, 7); pen.stroke(); }
      }
    }
    const redraw = (() => { let asked = false; return () => { if (!asked) { asked = true; requestAnimationFrame(() => { asked = false; draw(); }); } labelsSoon(); }; })();

    // ---- pointer and keys

    function hitAt(x, y) {
      for (const layer of [...state.layers].reverse()) {
        if (!layer.json.pickable || state.hidden.has(layer.json.layer)) continue;
        const {shapes} = layer.tables, solid = layer.json['@@type'] === 'SolidPolygonLayer';
        if (!solid && layer.json['@@type'] !== 'ScatterplotLayer' && layer.json['@@type'] !== 'ColumnLayer') continue;
        const size = solid ? null : radius(layer, layer.json['@@type'] === 'ColumnLayer' ? null : 'getRadius');
        for (let i = shapes.parts - 1; i >= 0; i--) if (solid ? inside(shapes, i, x, y) : near(shapes, i, x, y, size(i) + 4)) return {layer, row: layer.tables.row(i)};
      }
      return null;
    }
    const near = (shapes, i, x, y, r) => { const at = flat([shapes.xy[2 * i], shapes.xy[2 * i + 1]]); return (at[0] - x) ** 2 + (at[1] - y) ** 2 <= r * r; };
    function inside(shapes, i, x, y) {
      const xy = projected(shapes), [cx, cy] = centre(), s = world(), px = (x - cx) / s + view.x, py = (y - cy) / s + view.y;
      let within = false;
      for (let j = shapes.start[i], end = shapes.start[i + 1] - 1; j < end; j++) {
        const ax = xy[2 * j], ay = xy[2 * j + 1], bx = xy[2 * j + 2], by = xy[2 * j + 3];
        if (ay > py !== by > py && px < ((bx - ax) * (py - ay)) / (by - ay) + ax) within = !within;
      }
      return within;
    }
    function zoomBy(step, x, y) {
      const [cx, cy] = centre(), before = world();
      view.zoom = Math.min(18, Math.max(4, view.zoom + step));
      const after = world();
      view.x += (x - cx) / before - (x - cx) / after;
      view.y += (y - cy) / before - (y - cy) / after;
      redraw();
    }
    let held = null;
    canvas.addEventListener('pointerdown', e => { state.touched = true; held = {x: e.offsetX, y: e.offsetY, moved: 0}; canvas.setPointerCapture(e.pointerId); });
    canvas.addEventListener('pointermove', e => {
      if (!held) return Fangyi.card(hitAt(e.offsetX, e.offsetY), e.offsetX, e.offsetY);
      const dx = e.offsetX - held.x, dy = e.offsetY - held.y;
      Object.assign(held, {x: e.offsetX, y: e.offsetY, moved: held.moved + Math.abs(dx) + Math.abs(dy)});
      view.x -= dx / world(); view.y -= dy / world();
      Fangyi.card(null);
      redraw();
    });
    canvas.addEventListener('pointerup', e => { if (held && held.moved < 5) report(hitAt(e.offsetX, e.offsetY)); held = null; });
    canvas.addEventListener('wheel', e => { e.preventDefault(); state.touched = true; zoomBy(-e.deltaY / 400, e.offsetX, e.offsetY); }, {passive: false});
    canvas.addEventListener('keydown', e => {
      const step = {ArrowLeft: [-60, 0], ArrowRight: [60, 0], ArrowUp: [0, -60], ArrowDown: [0, 60]}[e.key];
      if (step) { view.x += step[0] / world(); view.y += step[1] / world(); redraw(); }
      if (e.key === '+' || e.key === '=') zoomBy(0.5, ...centre());
      if (e.key === '-') zoomBy(-0.5, ...centre());
    });
    new ResizeObserver(redraw).observe(parent);

    return {
      render: redraw, resize: redraw,
      viewport: () => ({width: canvas.clientWidth, height: canvas.clientHeight, project: flat}),
      move(camera, pad) {
        view.pad = pad;
        if (camera) { [view.x, view.y] = mercator([camera.longitude, camera.latitude]); view.zoom = camera.zoom; }
        redraw();
      },
    };
  };
})();
