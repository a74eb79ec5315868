/* Many codes in a short text for the address, and back: a district's 1,246 compounds are "420106-0001~1246" instead of 14,000 letters.
   A run of numbers is first~last; "~0007" has the letters of the code before it. Each code stands for itself, so what comes into the table later is in no old link. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const told = text => encodeURIComponent(text).replaceAll('~', '%7E');
  const numbered = id => { const [, stem, number] = /^(.*?)(\d{1,9})$/.exec(id) || []; return number === undefined ? null : {stem, number}; };
  const follows = (a, b) => !!a && !!b && a.stem === b.stem && a.number.length === b.number.length && Number(b.number) === Number(a.number) + 1;

  /** The codes as one text, in their order where no two follow one another. */
  Fangyi.shortened = function (ids) {
    const parts = [...ids].sort().map(id => ({id, of: numbered(id)})), out = [];
    let stem = null;
    for (let i = 0; i < parts.length; i++) {
      const {id, of} = parts[i];
      let last = i;
      while (last + 1 < parts.length && follows(parts[last].of, parts[last + 1].of)) last++;
      const whole = told(id), near = of && of.stem === stem ? `~${of.number}` : whole;
      const begin = near.length < whole.length ? near : whole;
      if (last - i > 1) { out.push(`${begin}~${parts[last].of.number}`); i = last; } else out.push(begin);
      stem = of && of.stem;
    }
    return out.join(',');
  };

  /** The codes of such a text; a part that says none is left out. */
  Fangyi.lengthened = function (text, most = 5000) {
    const ids = [];
    let stem = null;
    for (const part of text.split(',')) {
      const near = part.startsWith('~'), [first, last] = part.slice(near ? 1 : 0).split('~').map(plain);
      if (!first || (near && stem === null)) continue;
      const id = near ? stem + first : first, of = numbered(id), end = last && of && last.length === of.number.length ? Number(last) : null;
      stem = of && of.stem;
      ids.push(id);
      for (let n = of && Number(of.number) + 1; end !== null && n <= end && ids.length < most; n++) ids.push(stem + String(n).padStart(of.number.length, '0'));
    }
    return ids;
  };
  function plain(text) { try { return decodeURIComponent(text); } catch (_) { return ''; } }
})();
