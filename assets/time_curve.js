/* The daily curve on a canvas, small under a page and larger in its panel: what was known then, and as an outline what is known now. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  Fangyi.time = Fangyi.time || {};

  /** How the page's language writes a day number. */
  Fangyi.time.dayText = day => Fangyi.day(new Date(day * 864e5));

  const at = (curve, name, day) => (curve && curve.first !== null && curve[name][day - curve.first]) || 0;
  const sum = (curve, day) => at(curve, 'confirmed', day) + at(curve, 'clinical', day);

  /** The height of the axis: a day that would flatten all others is cut off at the top, as in the charts of the pages. */
  function top(curve, first, last) {
    const all = [];
    for (let day = first; day <= last; day++) all.push(sum(curve, day));
    all.sort((a, b) => b - a);
    return Math.max(1, all.length >= 5 && all[0] > 2 * all[2] ? all[2] * 1.3 : all[0]);
  }

  const ink = name => Fangyi.skin.token(name);
  const css = colour => `rgb(${Fangyi.skin.colour(colour).slice(0, 3)})`;

  function hatch(pen, colour, step) {
    const tile = document.createElement('canvas');
    tile.width = tile.height = step;
    const draw = tile.getContext('2d');
    Object.assign(draw, {strokeStyle: colour, lineWidth: step / 5});
    draw.beginPath();
    for (const shift of [-step, 0, step]) { draw.moveTo(shift, step); draw.lineTo(shift + step, 0); }
    draw.stroke();
    return pen.createPattern(tile, 'repeat');
  }

  /**
   * look: curve (as known then), latest (as known now; optional), first, last, until (days after it are dim), covered (days after
   * it are silent; optional), step (days of the definition change), ticks ([day, kind]; optional), tall (with numbers), colours
   */
  Fangyi.time.curve = (canvas, look) => {
    const ratio = window.devicePixelRatio || 1, wide = canvas.clientWidth, high = canvas.clientHeight, rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    if (!wide || !high) return;
    if (canvas.width !== Math.round(wide * ratio)) canvas.width = Math.round(wide * ratio);
    if (canvas.height !== Math.round(high * ratio)) canvas.height = Math.round(high * ratio);
    const pen = canvas.getContext('2d');
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, wide, high);
    const foot = rem * 1.1, marks = look.ticks ? rem * 0.55 : 0, ground = high - foot - marks, days = look.last - look.first + 1, cell = wide / days;
    const most = top(look.latest || look.curve, look.first, look.last), x = day => (day - look.first) * cell, y = n => Math.min(n / most, 1) * (ground - rem * 0.3);
    const gap = cell > 5 ? 1 : 0, stripes = hatch(pen, ink('--dim'), Math.max(5, Math.round(rem * 0.45)));

    const step = look.step.filter(day => day >= look.first && day <= look.last);
    if (step.length) {
      pen.fillStyle = ink('--line-strong');
      pen.globalAlpha = 0.5;
      pen.fillRect(x(step[0]), 0, cell * step.length, ground);
      pen.globalAlpha = 1;
    }
    if (look.covered !== undefined && look.covered < look.last) {
      const from = Math.max(x(look.covered + 1), 0);
      pen.globalAlpha = 0.28;
      pen.fillStyle = stripes;
      pen.fillRect(from, 0, wide - from, ground);
      pen.globalAlpha = 1;
    }
    const [red, orange, paper] = [css(look.colours.confirmed), css(look.colours.clinical), ink('--panel')];
    for (let day = look.first; day <= look.last; day++) {
      const confirmed = at(look.curve, 'confirmed', day), whole = sum(look.curve, day), later = look.latest ? sum(look.latest, day) : 0;
      const left = x(day) + gap / 2, width = Math.max(cell - gap, 0.6), low = y(confirmed), full = y(whole);
      pen.globalAlpha = day > look.until ? 0.3 : 1;
      pen.fillStyle = red;
      pen.fillRect(left, ground - low, width, low);
      if (full > low) {
        pen.fillStyle = orange;
        pen.fillRect(left, ground - full, width, full - low);
        pen.fillStyle = paper;
        for (let line = ground - full + 1; line < ground - low; line += 3) pen.fillRect(left, line, width, 1);
      }
      if (whole > most) { pen.fillStyle = paper; pen.fillRect(left, rem * 0.45, width, 2); }
      if (later !== whole) {
        pen.globalAlpha = 0.75;
        Object.assign(pen, {strokeStyle: ink('--dim'), lineWidth: 1});
        pen.strokeRect(left + 0.5, ground - y(later) + 0.5, Math.max(width - 1, 0.5), Math.max(y(later) - 0.5, 0.5));
      }
    }
    pen.globalAlpha = 1;
    pen.fillStyle = ink('--line-strong');
    pen.fillRect(0, ground, wide, 1);
    for (const [day, kind] of look.ticks || []) if (day >= look.first && day <= look.last) tick(pen, kind, x(day) + cell / 2, ground + 1, marks, cell);
    labels(pen, look, {wide, high, rem, cell, x, ground, step, most});
  };

  /** Bulletins are strokes, orders triangles, changes of rules diamonds: told apart without colour. */
  function tick(pen, kind, x, y, size, cell) {
    const half = Math.min(size * 0.45, 5);
    pen.fillStyle = ink({bulletin: '--dim', order: '--amber', rule: '--accent'}[kind]);
    if (kind === 'bulletin') return pen.fillRect(x - Math.min(cell * 0.2, 1.5), y + size * 0.25, Math.max(Math.min(cell * 0.4, 3), 1), size * 0.45);
    pen.beginPath();
    if (kind === 'order') { pen.moveTo(x, y); pen.lineTo(x + half, y + size * 0.9); pen.lineTo(x - half, y + size * 0.9); }
    else { pen.moveTo(x, y); pen.lineTo(x + half, y + size / 2); pen.lineTo(x, y + size); pen.lineTo(x - half, y + size / 2); }
    pen.fill();
  }

  function labels(pen, look, {wide, high, rem, cell, x, ground, step, most}) {
    pen.font = `${rem * 0.8125}px "Noto Sans CJK SC","Microsoft YaHei","PingFang SC",sans-serif`;
    Object.assign(pen, {fillStyle: ink('--dim'), textBaseline: 'alphabetic', textAlign: 'center'});
    const room = rem * 4.6, every = Math.max(1, Math.ceil(room / (cell * 7))) * 7;
    for (let day = look.last; day >= look.first; day -= every) {
      const text = Fangyi.time.dayText(day), half = pen.measureText(text).width / 2;
      pen.fillText(text, Math.min(Math.max(x(day) + cell / 2, half), wide - half), high - rem * 0.2);
    }
    if (!look.tall) return;
    pen.textAlign = 'left';
    pen.fillText(Fangyi.time.figure(Math.round(most)), 0, rem * 0.8);
    if (!step.length) return;
    const words = ` ${Fangyi.say('browser.time.step_short')} `, right = x(step[step.length - 1] + 1), fits = right + pen.measureText(words).width < wide;
    if (!fits) pen.textAlign = 'right';
    pen.fillText(words, fits ? right : x(step[0]), rem * 0.8);
  }
})();
