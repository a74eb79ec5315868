/* Reads the binary tables of dashboard/tables.py, each address once: content behind an address never changes. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const ARRAYS = {uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array, int32: Int32Array, float32: Float32Array, float64: Float64Array};
  const known = new Map();
  const LIMIT = 120; // tables kept; a wall that runs for weeks meets many versions

  /** Steps of whole units -> absolute degrees. */
  function positions(steps, unit) {
    const found = new Float64Array(steps.length);
    let x = 0, y = 0;
    for (let i = 0; i < steps.length; i += 2) {
      found[i] = (x = (x + steps[i]) | 0) * unit;
      found[i + 1] = (y = (y + steps[i + 1]) | 0) * unit;
    }
    return found;
  }

  function unpack(buffer) {
    const size = new DataView(buffer).getUint32(0, true);
    const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, size)));
    const table = {length: head.length, text: head.text, columns: {}};
    for (const [name, place] of Object.entries(head.columns)) {
      const values = new ARRAYS[place.dtype](buffer, 4 + size + place.at, place.count);
      if (place.unit) table.xy = positions(values, place.unit);
      else if (name === 'start' || name === 'row') table[name] = values;
      else table.columns[name] = {values, size: place.size};
    }
    if (table.xy) table.parts = table.start ? table.start.length - 1 : table.xy.length / 2;
    return table;
  }

  async function read(url) {
    const answer = await fetch(url, {credentials: 'same-origin'});
    if (!answer.ok) throw new Error(`table ${url}: ${answer.status}`);
    return Object.assign(unpack(await answer.arrayBuffer()), {url});
  }

  function table(url) {
    if (!known.has(url)) {
      known.set(url, read(url).catch(error => { known.delete(url); throw error; }));
      if (known.size > LIMIT) known.delete(known.keys().next().value);
    }
    return known.get(url);
  }

  Fangyi.table = table;

  /** "tbl:shapes|names|style" -> the three tables and how to read a row of the last two. */
  Fangyi.tables = async function (reference) {
    const [shapes, names, style] = await Promise.all(reference.slice(4).split('|').map(table));
    const column = name => style.columns[name] || names.columns[name];
    const words = name => style.text[name] || names.text[name];
    return {
      shapes, names, style, column, words,
      row: part => (shapes.row ? shapes.row[part] : part),
      value(name, row) { const c = column(name), w = words(name); return w ? w[row] : c ? c.values[row * c.size] : null; },
    };
  };
})();
