/* Which labels may stand: the more important first, none over another. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});

  /** Width of a text in ems; a Chinese character is one em wide. */
  const ems = text => { let sum = 0; for (const c of text) sum += c.codePointAt(0) > 0x2e80 ? 1 : 0.58; return sum; };
  Fangyi.ems = ems;

  /**
   * candidates  [{text, x, y, size, rank}] in pixels, rank higher = more important
   * returns the set of candidates that stand
   */
  Fangyi.declutter = function (candidates, width, height) {
    const taken = new Map(), CELL = 96;
    const stands = new Set();
    for (const c of [...candidates].sort((a, b) => b.rank - a.rank)) {
      if (c.x < -60 || c.y < -30 || c.x > width + 60 || c.y > height + 30) continue;
      const w = (ems(c.text) * c.size) / 2 + 5, h = c.size * 0.65 + 3;
      const dx = c.dx || 0, dy = c.dy || 0;
      const box = [c.x + dx - w, c.y + dy - h, c.x + dx + w, c.y + dy + h];
      const cells = [];
      for (let i = Math.floor(box[0] / CELL); i <= Math.floor(box[2] / CELL); i++)
        for (let j = Math.floor(box[1] / CELL); j <= Math.floor(box[3] / CELL); j++) cells.push(i + ':' + j);
      const hit = cells.some(cell => (taken.get(cell) || []).some(o => box[0] < o[2] && o[0] < box[2] && box[1] < o[3] && o[1] < box[3]));
      if (hit) continue;
      for (const cell of cells) taken.has(cell) ? taken.get(cell).push(box) : taken.set(cell, [box]);
      stands.add(c);
    }
    return stands;
  };
})();
