/* A picture of the present view, made in the browser: map, title, legend, level, scale, both clocks, drill and secrecy marks. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const state = (Fangyi.map = Fangyi.map || {});
  const HEAD = 76, LINE = 22; // at the scale of a screen of 1080 lines

  const text = selector => [...document.querySelectorAll(selector)].map(one => one.textContent.trim()).filter(Boolean);

  function legend() {
    return [...document.querySelectorAll('.legend .legend-group')].filter(group => { const title = group.querySelector('[data-layer]'); return !title || title.getAttribute('aria-pressed') !== 'false'; }).map(group => ({
      title: [group.querySelector('.legend-title'), group.querySelector('.legend-about')].filter(Boolean).map(one => one.textContent.trim()).join(' · '),
      rows: [...group.querySelectorAll('.legend-row')].map(row => {
        const key = row.querySelector('.key');
        return {colour: key ? getComputedStyle(key).getPropertyValue(Fangyi.theme() === 'light' ? '--light' : '--colour') : '', round: !!key && key.classList.contains('circle'), out: row.classList.contains('out'),
          text: [...row.querySelectorAll('span:not(.legend-count)')].map(one => one.textContent).join(''), count: (row.querySelector('.legend-count') || {}).textContent || ''};
      }),
    }));
  }

  function draw(source) {
    const k = source.width / source.clientWidth, s = k * (Fangyi.scale || 1), sheet = document.createElement('canvas'), pen = sheet.getContext('2d'), light = Fangyi.theme() === 'light';
    const ink = light ? '#1e2a36' : '#e8eef4', dim = light ? '#536372' : '#a9bccd', ground = light ? '#ffffff' : '#0d141e', gap = Fangyi.insets(true);
    const crop = {x: gap.left * k, y: gap.top * k, w: source.width - (gap.left + gap.right) * k, h: source.height - (gap.top + gap.bottom) * k};
    const words = flow(pen, crop.w - 190 * s, s), foot = Math.max((words.lines * LINE + 26) * s, 62 * s);
    Object.assign(sheet, {width: Math.round(crop.w), height: Math.round(crop.h + HEAD * s + foot)});
    pen.fillStyle = light ? '#e8ebec' : '#0c131c';
    pen.fillRect(0, 0, sheet.width, sheet.height);
    pen.drawImage(source, crop.x, crop.y, crop.w, crop.h, 0, HEAD * s, crop.w, crop.h);
    pen.fillStyle = ground;
    pen.fillRect(0, 0, sheet.width, HEAD * s);
    pen.fillRect(0, sheet.height - foot, sheet.width, foot);
    const write = (words, x, y, size, colour, align = 'left', weight = 400) => { Object.assign(pen, {font: `${weight} ${size * s}px ${Fangyi.mapFont}`, fillStyle: colour, textAlign: align, textBaseline: 'middle'}); pen.fillText(words, x, y); return pen.measureText(words).width; };
    const right = sheet.width - 20 * s;
    write(document.title, 20 * s, 28 * s, 22, ink, 'left', 600);
    write(document.querySelector('.map-level p')?.textContent || '', 20 * s, 56 * s, 13, dim);
    const marks = [Fangyi.say('browser.picture.secret'), ...text('.drill-mark')].join(' · ');
    write(marks, right, 26 * s, 16, light ? '#a01c1c' : '#f8c54a', 'right', 700);
    const clocks = [...document.querySelectorAll('.head .clock')].map(one => `${one.querySelector('.clock-label')?.textContent || ''} ${one.querySelector('.clock-time')?.textContent || ''}`.trim()).join(' · ');
    write(clocks, right, 54 * s, 13, ink, 'right');
    for (const one of words.items) {
      const x = 20 * s + one.x, y = sheet.height - foot + 24 * s + one.line * LINE * s;
      pen.globalAlpha = one.out ? 0.3 : 1;
      if (one.colour) {
        pen.fillStyle = one.colour;
        pen.beginPath();
        if (one.round) pen.arc(x - 11 * s, y, 6 * s, 0, 7); else pen.rect(x - 17 * s, y - 6 * s, 12 * s, 12 * s);
        pen.fill();
      }
      write(one.text, x, y, 13, one.colour ? ink : dim, 'left', one.colour ? 400 : 600);
      pen.globalAlpha = 1;
    }
    scale(pen, right, sheet.height - 26 * s, s, k, ink, write);
    arrow(pen, right - 10 * s, (HEAD + 34) * s, s, ink, write, Fangyi.say('browser.picture.north'));
    return sheet;
  }

  /** Where the words of the legend stand: {items: [{text, x, line, colour, round, out}], lines}. */
  function flow(pen, wide, s) {
    const items = [];
    let x = 0, line = 0;
    const put = (one, text, weight, mark, gap) => {
      pen.font = `${weight} ${13 * s}px ${Fangyi.mapFont}`;
      const long = pen.measureText(text).width;
      if (x > 0 && x + mark + long > wide) { x = 16 * s; line += 1; }
      items.push({...one, text, x: x + mark, line});
      x += mark + long + gap;
    };
    for (const group of legend()) {
      put({}, group.title, 600, 0, 12 * s);
      for (const row of group.rows) put({colour: row.colour || '#888888', round: row.round, out: row.out}, `${row.text}${row.count ? ` ${row.count}` : ''}`, 400, 17 * s, 14 * s);
      x = 0; line += 1;
    }
    return {items, lines: line};
  }

  function scale(pen, right, y, s, k, ink, write) {
    const {text: words, length} = Fangyi.scaleBar(), long = length * k;
    Object.assign(pen, {strokeStyle: ink, lineWidth: 2 * s});
    pen.beginPath(); pen.moveTo(right - long, y - 6 * s); pen.lineTo(right - long, y); pen.lineTo(right, y); pen.lineTo(right, y - 6 * s); pen.stroke();
    write(words, right - long / 2, y - 12 * s, 12, ink, 'center');
  }

  function arrow(pen, x, y, s, ink, write, north) {
    const bearing = ((state.engine.viewport().bearing || 0) * Math.PI) / 180;
    pen.save(); pen.translate(x, y); pen.rotate(-bearing);
    pen.fillStyle = ink; pen.beginPath(); pen.moveTo(0, -18 * s); pen.lineTo(8 * s, 12 * s); pen.lineTo(0, 6 * s); pen.lineTo(-8 * s, 12 * s); pen.fill();
    pen.restore();
    write(north, x, y + 24 * s, 12, ink, 'center', 600);
  }

  /** The picture as a canvas, null where no map is shown. */
  Fangyi.pictured = () => (state.engine && state.layers.length && document.querySelector('.shell:not(.plain):not(.waiting)') ? draw(state.engine.canvas()) : null);

  /** Makes the picture and hands it over as a file; resolves to its name. */
  Fangyi.picture = async function () {
    const sheet = draw(state.engine.canvas()), blob = await new Promise(resolve => sheet.toBlob(resolve, 'image/png'));
    const link = document.createElement('a'), name = `${document.title.replace(/[\\/:*?"<>| ]+/g, '_')}_${new Date().toISOString().slice(0, 16).replace(/[:T]/g, '')}.png`;
    Object.assign(link, {href: URL.createObjectURL(blob), download: name});
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 30000);
    Fangyi.tell(Fangyi.say('browser.picture.made'));
    return name;
  };
})();
