/* What the file carries, read once: words, colours, and shapes as rings of degrees. The plane is Web Mercator, 512 wide at zoom 0. */
(function () {
  const Fangyi = (window.Fangyi = {ready: 0, errors: []});
  addEventListener('error', event => Fangyi.errors.push(event.message));
  addEventListener('unhandledrejection', event => Fangyi.errors.push(String(event.reason)));
  const read = id => { const one = document.getElementById(id); return one ? JSON.parse(one.textContent) : null; };
  Fangyi.words = read('words');
  Fangyi.colours = read('colours');
  const told = (Fangyi.told = read('map'));

  Fangyi.make = function (tag, name, parent, text) {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (text !== undefined) made.textContent = text;
    if (parent) parent.append(made);
    return made;
  };
  Fangyi.svg = function (tag, parent, attributes, text) {
    const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, value);
    if (text !== undefined) made.textContent = text;
    if (parent) parent.append(made);
    return made;
  };

  Fangyi.plane = (lon, lat) => [(lon + 180) / 360 * 512, 256 - 256 / Math.PI * Math.log(Math.tan(Math.PI / 4 + lat * Math.PI / 360))];
  Fangyi.unplane = (x, y) => [x / 512 * 360 - 180, Math.atan(Math.sinh(Math.PI * (1 - y / 256))) * 180 / Math.PI];
  Fangyi.project = function (view, lon, lat) {
    const scale = 2 ** view.zoom, [x, y] = Fangyi.plane(lon, lat), [cx, cy] = Fangyi.plane(view.lon, view.lat);
    return [(x - cx) * scale + view.w / 2, (y - cy) * scale + view.h / 2];
  };
  Fangyi.unproject = function (view, x, y) {
    const scale = 2 ** view.zoom, [cx, cy] = Fangyi.plane(view.lon, view.lat);
    return Fangyi.unplane(cx + (x - view.w / 2) / scale, cy + (y - view.h / 2) / scale);
  };
  /** The view that shows a box [west, south, east, north] whole. */
  Fangyi.fit = function ([west, south, east, north], w, h) {
    const [left, top] = Fangyi.plane(west, north), [right, bottom] = Fangyi.plane(east, south);
    const zoom = Math.min(15, Math.log2(Math.min((w * 0.92) / Math.max(right - left, 1e-6), (h * 0.92) / Math.max(bottom - top, 1e-6))));
    const [lon, lat] = Fangyi.unplane((left + right) / 2, (top + bottom) / 2);
    return {lon, lat, zoom, w, h};
  };

  if (!told || !told.maps.length) return;
  function ring(steps, unit) {
    const found = [];
    let x = 0, y = 0;
    for (let i = 0; i < steps.length; i += 2) { x += steps[i]; y += steps[i + 1]; found.push([x * unit, y * unit]); }
    return found;
  }
  const shapes = (list, unit) => (list || []).map(polygons => polygons.map(rings => rings.map(one => ring(one, unit))));
  function boxed(polygons) {
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (const rings of polygons) for (const [x, y] of rings[0]) { box[0] = Math.min(box[0], x); box[1] = Math.min(box[1], y); box[2] = Math.max(box[2], x); box[3] = Math.max(box[3], y); }
    return box;
  }
  Fangyi.shapes = {compounds: shapes(told.things.compounds.shape, told.unit), districts: shapes(told.things.districts.shape, told.coarse)};
  Fangyi.boxes = {compounds: Fangyi.shapes.compounds.map(boxed), districts: Fangyi.shapes.districts.map(boxed)};
  Fangyi.water = shapes(told.ground.water, told.coarse);
  Fangyi.roads = told.ground.roads.map(one => ring(one, told.coarse));

  /** Whether a place lies inside a shape; holes are outside. */
  Fangyi.inside = function (polygons, [x, y]) {
    let found = false;
    for (const rings of polygons) for (const ring of rings) {
      for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
        const [xi, yi] = ring[i], [xj, yj] = ring[j];
        if ((yi > y) !== (yj > y) && x < (xj - xi) * (y - yi) / (yj - yi) + xi) found = !found;
      }
    }
    return found;
  };
})();
