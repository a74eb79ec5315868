/* Measuring on the ellipsoid of WGS-84: distances along geodesics (Vincenty), areas by the equal-area latitude. Esc or a double click ends. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const state = (Fangyi.map = Fangyi.map || {});
  const A = 6378137, F = 1 / 298.257223563, B = A * (1 - F), E2 = F * (2 - F), RAD = Math.PI / 180;
  const own = {kind: null, points: [], pointer: null, ended: false, endedAt: 0};
  const say = (key, values) => Fangyi.say(`browser.measure.${key}`, values);

  /** Metres between two places [lon, lat] (Vincenty 1975; within a millimetre but for points opposite on the globe). */
  function distance([lon1, lat1], [lon2, lat2]) {
    const L = (lon2 - lon1) * RAD, U1 = Math.atan((1 - F) * Math.tan(lat1 * RAD)), U2 = Math.atan((1 - F) * Math.tan(lat2 * RAD));
    const [s1, c1, s2, c2] = [Math.sin(U1), Math.cos(U1), Math.sin(U2), Math.cos(U2)];
    let lambda = L, before, cos2, sinS, cosS, sigma, cosM, turns = 0;
    do {
      const [sl, cl] = [Math.sin(lambda), Math.cos(lambda)];
      sinS = Math.hypot(c2 * sl, c1 * s2 - s1 * c2 * cl);
      if (!sinS) return 0;
      cosS = s1 * s2 + c1 * c2 * cl;
      sigma = Math.atan2(sinS, cosS);
      const sinA = (c1 * c2 * sl) / sinS;
      cos2 = 1 - sinA * sinA;
      cosM = cos2 ? cosS - (2 * s1 * s2) / cos2 : 0;
      const C = (F / 16) * cos2 * (4 + F * (4 - 3 * cos2));
      before = lambda;
      lambda = L + (1 - C) * F * sinA * (sigma + C * sinS * (cosM + C * cosS * (2 * cosM * cosM - 1)));
    } while (Math.abs(lambda - before) > 1e-12 && ++turns < 200);
    const u = (cos2 * (A * A - B * B)) / (B * B), k1 = 1 + (u / 16384) * (4096 + u * (-768 + u * (320 - 175 * u))), k2 = (u / 1024) * (256 + u * (-128 + u * (74 - 47 * u)));
    const d = k2 * sinS * (cosM + (k2 / 4) * (cosS * (2 * cosM * cosM - 1) - (k2 / 6) * cosM * (4 * sinS * sinS - 3) * (4 * cosM * cosM - 3)));
    return B * k1 * (sigma - d);
  }

  /** Area of the ellipsoid between the equator and a latitude, for one radian of longitude. */
  function strip(lat) {
    const s = Math.sin(lat * RAD), e = Math.sqrt(E2);
    return (B * B / 2) * (s / (1 - E2 * s * s) + Math.log((1 + e * s) / (1 - e * s)) / (2 * e));
  }
  const PIECES = 64; // of a side, so that it bends as the shortest way does
  const normal = ([lon, lat]) => [Math.cos(lat * RAD) * Math.cos(lon * RAD), Math.cos(lat * RAD) * Math.sin(lon * RAD), Math.sin(lat * RAD)];
  function side(a, b) {
    const [u, v] = [normal(a), normal(b)], found = [a];
    for (let k = 1; k < PIECES; k++) {
      const [x, y, z] = u.map((one, i) => one + (v[i] - one) * (k / PIECES));
      found.push([Math.atan2(y, x) / RAD, Math.atan2(z, Math.hypot(x, y)) / RAD]);
    }
    return found;
  }
  /** Square metres inside a ring of [lon, lat]; of a city within a ten-millionth of what lies between geodesics. */
  function area(ring) {
    const all = ring.flatMap((at, i) => side(at, ring[(i + 1) % ring.length]));
    let sum = 0;
    for (let i = 0; i < all.length; i++) {
      const [a, b] = [all[i], all[(i + 1) % all.length]];
      sum += (b[0] - a[0]) * RAD * (strip(a[1]) + strip(b[1])) / 2;
    }
    return Math.abs(sum);
  }
  const length = path => path.slice(1).reduce((sum, at, i) => sum + distance(path[i], at), 0);
  Fangyi.geodesic = {distance, area, length};

  const metres = m => (m >= 10000 ? `${(m / 1000).toFixed(2)} km` : `${m.toFixed(m < 100 ? 1 : 0)} m`);
  const square = m => (m >= 1e6 ? `${(m / 1e6).toFixed(3)} km²` : `${Math.round(m).toLocaleString('en-GB')} m²`);

  // ---- what is drawn and said

  const box = document.createElement('div'), said = document.createElement('p'), note = document.createElement('small'), close = document.createElement('button');
  box.className = 'map-measured';
  box.hidden = true;
  said.setAttribute('role', 'status');
  Object.assign(close, {type: 'button', className: 'close', textContent: '×'});
  close.addEventListener('click', () => Fangyi.measure(null));
  box.append(said, note, close);
  Fangyi.measured = box;

  const path = () => (own.pointer && !own.ended ? [...own.points, own.pointer] : own.points);
  function tell() {
    box.hidden = !own.kind;
    if (!own.kind) return;
    const now = path();
    close.setAttribute('aria-label', say('clear'));
    note.textContent = own.points.length ? say('unit') : say('start');
    said.textContent = own.kind === 'distance' ? say('distance', {n: metres(length(now))}) : say('area', {n: square(area(now)), around: metres(now.length > 1 ? length([...now, now[0]]) : 0)});
    box.dataset.value = own.kind === 'distance' ? length(own.points) : area(own.points);
  }

  Fangyi.extra(() => {
    if (!own.kind || !own.points.length) return [];
    const now = path(), colour = Fangyi.colour('arc'), k = Fangyi.scale || 1, closed = own.kind === 'area' && now.length > 2;
    return [
      ...(closed ? [{id: 'measure-area', kind: 'fills', over: true, items: [{ring: [...now, now[0]], colour: [...colour.slice(0, 3), 46]}]}] : []),
      {id: 'measure-line', kind: 'lines', over: true, items: [{path: closed ? [...now, now[0]] : now, colour, width: 2.5 * k}]},
      {id: 'measure-points', kind: 'circles', over: true, items: own.points.map(at => ({at, r: 4 * k, fill: colour, line: Fangyi.colour('edge'), width: 1.5 * k}))},
    ];
  });

  /** Starts measuring a distance or an area; the same again, or null, ends and clears. */
  Fangyi.measure = function (kind) {
    Object.assign(own, {kind: own.kind === kind ? null : kind, points: [], pointer: null, ended: false});
    document.documentElement.classList.toggle('map-drawing', !!own.kind);
    tell();
    Fangyi.redraw();
    Fangyi.emit('mode');
  };
  Fangyi.measuring = () => own.kind;
  Fangyi.measuring.clicks = () => (own.kind && !own.ended) || Date.now() - own.endedAt < 500; // deck.gl reports a click late

  function end() {
    if (!own.kind || own.ended) return;
    Object.assign(own, {ended: true, endedAt: Date.now()});
    document.documentElement.classList.remove('map-drawing');
    tell();
    Fangyi.redraw();
  }

  const onMap = event => { const map = document.getElementById('map'); return own.kind && !own.ended && map && map.contains(event.target) ? map.getBoundingClientRect() : null; };
  const ground = (event, map) => state.engine.viewport().unproject([event.clientX - map.left, event.clientY - map.top]).slice(0, 2);
  let pressed = null;
  addEventListener('pointerdown', event => { if (onMap(event)) pressed = [event.clientX, event.clientY]; }, true);
  addEventListener('click', event => {
    const map = onMap(event);
    if (!map || !pressed || Math.hypot(event.clientX - pressed[0], event.clientY - pressed[1]) > 5) return;
    event.stopPropagation();
    if (event.detail > 1) return end();
    own.points.push(ground(event, map));
    tell();
    Fangyi.redraw();
  }, true);
  addEventListener('pointermove', event => {
    const map = onMap(event);
    if (!map || !own.points.length) return;
    own.pointer = ground(event, map);
    tell();
    Fangyi.redraw();
  }, true);
  addEventListener('keydown', event => {
    if (event.key !== 'Escape' || !own.kind) return;
    if (own.ended || !own.points.length) Fangyi.measure(null); else { own.pointer = null; end(); }
  });
})();
