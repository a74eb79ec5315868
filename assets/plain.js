/* The same map without WebGL: flat, on a 2-D canvas, from the same JSON and tables. For weak desks, or with ?plain=1. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const state = (Fangyi.map = Fangyi.map || {});
  const mercator = ([lon, lat]) => [(lon + 180) / 360, 0.5 - Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / (2 * Math.PI)];
  const degrees = ([x, y]) => [x * 360 - 180, (Math.atan(Math.exp((0.5 - y) * 2 * Math.PI)) * 360) / Math.PI - 90];
  const css = c => `rgba(${c[0]},${c[1]},${c[2]},${(c[3] ?? 255) / 255})`;

  Fangyi.plain = function (parent) {
    const {column} = Fangyi;
    const canvas = document.createElement('canvas'), pen = canvas.getContext('2d'), note = document.createElement('p');
    const view = {x: 0.8, y: 0.4, zoom: 9, pad: {left: 0, right: 0, top: 0, bottom: 0}};
    note.className = 'plain-note';
    parent.replaceChildren(canvas, note);
    const labelsSoon = Fangyi.soon(() => { if (Fangyi.chooseLabels()) draw(); }, 140);
    const centre = () => [(canvas.clientWidth + view.pad.left - view.pad.right) / 2, (canvas.clientHeight + view.pad.top - view.pad.bottom) / 2];
    const world = () => 512 * 2 ** view.zoom;
    const flat = at => { const [cx, cy] = centre(), [x, y] = mercator(at), s = world(); return [(x - view.x) * s + cx, (y - view.y) * s + cy]; };
    const round = ([x, y]) => { const [cx, cy] = centre(), s = world(); return degrees([(x - cx) / s + view.x, (y - cy) / s + view.y]); };

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

    /** Value of an option for a part; colours come in the theme, and dimmed where a filter takes the row out. */
    function reads(layer, option, other) {
      const value = layer.json[option], name = column(value), colour = /Color$/.test(option);
      if (!name) { const fixed = colour && Array.isArray(value ?? other) ? Fangyi.themed(value ?? other, 0, []) : value ?? other; return () => fixed; }
      const found = layer.tables.column(name), filter = colour && Fangyi.filterOf(layer.json.layer), classes = filter && Fangyi.classesOf(layer), target = [0, 0, 0, 0];
      if (!colour) return i => found.values[layer.tables.row(i)];
      return i => {
        const row = layer.tables.row(i);
        Fangyi.themed(found.values, row * 4, target);
        if (classes && !filter.has(classes[row])) target[3] *= 0.14;
        return target;
      };
    }

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
      ScatterplotLayer(layer) { dots(layer, 'getRadius'); },
      ColumnLayer(layer) { dots(layer, null); },
      ArcLayer(layer) {
        const colour = reads(layer, 'getTargetColor', [248, 210, 92, 235]), width = reads(layer, 'getWidth', 1), {shapes} = layer.tables;
        for (let i = 0; i < shapes.parts; i++) bow([shapes.xy[4 * i], shapes.xy[4 * i + 1]], [shapes.xy[4 * i + 2], shapes.xy[4 * i + 3]], css(colour(i)), width(i) * (Fangyi.scale || 1));
      },
      TextLayer(layer) {
        const k = Fangyi.scale || 1, name = column(layer.json.getColor), colour = name ? layer.tables.column(name).values : null;
        const [dx, dy] = Array.isArray(layer.json.getPixelOffset) ? layer.json.getPixelOffset : [0, 0];
        for (const label of layer.shown || []) write(label.text, label.at, label.size * k, colour ? Fangyi.themed(colour, label.row * 4, []) : Fangyi.colour('label'), dx * k, dy * k);
      },
    };

    function write(text, at, size, colour, dx, dy, bare) {
      const [x, y] = flat(at);
      Object.assign(pen, {textAlign: 'center', textBaseline: 'middle', lineJoin: 'round', strokeStyle: css(Fangyi.colour('halo')), lineWidth: 3 * (Fangyi.scale || 1), font: `600 ${size}px ${Fangyi.mapFont}`, fillStyle: css(colour)});
      if (!bare) pen.strokeText(text, x + dx, y + dy);
      pen.fillText(text, x + dx, y + dy);
    }
    function bow(from, to, colour, width) {
      const a = flat(from), b = flat(to);
      Object.assign(pen, {strokeStyle: colour, lineWidth: width});
      pen.beginPath(); pen.moveTo(...a); pen.quadraticCurveTo((a[0] + b[0]) / 2, Math.min(a[1], b[1]) - Math.abs(a[0] - b[0]) / 4, ...b); pen.stroke();
    }
    const along = path => path.forEach((at, j) => pen[j ? 'lineTo' : 'moveTo'](...flat(at)));

    const EXTRA = { // what the tools draw
      lines: one => { Object.assign(pen, {strokeStyle: css(one.colour), lineWidth: one.width, lineJoin: 'round'}); pen.beginPath(); along(one.path); pen.stroke(); },
      fills: one => { pen.fillStyle = css(one.colour); pen.beginPath(); along(one.ring); pen.fill(); },
      arcs: one => bow(one.from, one.to, css(one.colour), one.width),
      texts: (one, bare) => write(one.text, one.at, one.size, one.colour, 0, one.dy || 0, bare),
      circles(one) {
        pen.beginPath(); pen.arc(...flat(one.at), one.r, 0, 7);
        if (one.fill) { pen.fillStyle = css(one.fill); pen.fill(); }
        Object.assign(pen, {strokeStyle: css(one.line), lineWidth: one.width}); pen.stroke();
      },
    };

    function radius(layer, option) {
      const {json} = layer, k = Fangyi.scale || 1, own = reads(layer, option || '', json.radius ?? 1), least = json.radiusMinPixels ?? 2;
      const metre = json.radiusUnits === 'pixels' ? k : world() / 4.0075e7 / Math.cos(0.533);
      return i => { const r = own(i); return r > 0 ? Math.min(Math.max(r * metre * (json.radiusScale || 1), least * k), (json.radiusMaxPixels || 60) * k) : 0; };
    }
    function dots(layer, option) {
      const stroked = layer.json.stroked && layer.json.filled === false, size = radius(layer, option), {shapes} = layer.tables;
      const fill = stroked ? reads(layer, 'getLineColor', [236, 242, 248, 255]) : reads(layer, 'getFillColor', [236, 242, 248, 255]);
      for (let i = 0; i < shapes.parts; i++) {
        const r = size(i);
        if (!r) continue;
        const [x, y] = flat([shapes.xy[2 * i], shapes.xy[2 * i + 1]]);
        pen.beginPath(); pen.arc(x, y, r, 0, 7);
        if (stroked) { Object.assign(pen, {strokeStyle: css(fill(i)), lineWidth: layer.json.lineWidthMinPixels || 1}); pen.stroke(); } else { pen.fillStyle = css(fill(i)); pen.fill(); }
      }
    }

    let seen = '';
    function draw() {
      const dpr = window.devicePixelRatio || 1, w = canvas.clientWidth, h = canvas.clientHeight;
      if (canvas.width !== w * dpr || canvas.height !== h * dpr) Object.assign(canvas, {width: w * dpr, height: h * dpr});
      pen.setTransform(dpr, 0, 0, dpr, 0, 0);
      pen.clearRect(0, 0, w, h);
      note.textContent = Fangyi.say('browser.plain.note', {}, state.spec ? state.spec.lang : undefined); // the map may come before the page
      const extras = Fangyi.drawnExtras(), group = over => { for (const {kind, items, bare} of extras.filter(one => !!one.over === over)) for (const one of items) EXTRA[kind](one, bare); };
      const layers = Fangyi.inOrder(), names = layers.findIndex(one => one.labels);
      layers.forEach((layer, i) => {
        if (i === names) group(false);
        if (!Fangyi.isShown(layer)) return;
        pen.globalAlpha = Fangyi.opacityOf(layer) * (layer.json.opacity ?? 1);
        DRAW[layer.json['@@type']](layer);
        pen.globalAlpha = 1;
      });
      if (names < 0) group(false);
      group(true);
      Fangyi.frames = (Fangyi.frames || 0) + 1;
      const key = [view.x, view.y, view.zoom, w, h].join();
      if (key !== seen) { seen = key; Fangyi.emit('view'); }
    }
    const redraw = (() => { let asked = false; return () => { if (!asked) { asked = true; requestAnimationFrame(() => { asked = false; draw(); }); } labelsSoon(); }; })();

    // ---- pointer

    function hitAt(x, y) {
      const circles = Fangyi.drawnExtras().filter(one => one.pickable && one.kind === 'circles').flatMap(one => one.items);
      for (const one of circles.reverse()) { const at = flat(one.at); if ((at[0] - x) ** 2 + (at[1] - y) ** 2 <= (one.r + 3) ** 2) return {place: one.place}; }
      for (const layer of [...Fangyi.inOrder()].reverse()) {
        if (!layer.json.pickable || !Fangyi.isShown(layer) || Fangyi.opacityOf(layer) <= 0.3) continue;
        const {shapes} = layer.tables, type = layer.json['@@type'], solid = type === 'SolidPolygonLayer';
        if (!solid && type !== 'ScatterplotLayer' && type !== 'ColumnLayer') continue;
        const size = solid ? null : radius(layer, type === 'ColumnLayer' ? null : 'getRadius');
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
    canvas.addEventListener('pointerleave', () => { if (!held) Fangyi.card(null); });
    canvas.addEventListener('pointerup', e => { if (held && held.moved < 5) Fangyi.report(hitAt(e.offsetX, e.offsetY)); held = null; });
    canvas.addEventListener('wheel', e => { e.preventDefault(); state.touched = true; zoomBy(-e.deltaY / 400, e.offsetX, e.offsetY); }, {passive: false});
    new ResizeObserver(redraw).observe(parent);

    return {
      render: redraw, resize: redraw, go(to) {
        if (to.longitude !== undefined) [view.x, view.y] = mercator([to.longitude, to.latitude]);
        if (to.zoom !== undefined) view.zoom = Math.min(18, Math.max(4, to.zoom));
        redraw();
      },
      canvas() { draw(); return canvas; },
      viewport() {
        const [longitude, latitude] = degrees([view.x, view.y]);
        return {width: canvas.clientWidth, height: canvas.clientHeight, zoom: view.zoom, pitch: 0, bearing: 0, longitude, latitude, project: flat, unproject: round};
      },
      move(camera, pad) { view.pad = pad; if (camera) this.go(camera); else redraw(); },
    };
  };
})();
