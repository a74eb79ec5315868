/* Colours of the map by theme: those of layers by the table of the palette (assets/theme.js), those of the tools stand here. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const OWN = { // dark, light
    ring: [[255, 255, 255, 255], [16, 28, 40, 255]],
    label: [[214, 224, 234, 255], [30, 42, 54, 255]],
    street: [[188, 202, 216, 255], [58, 74, 90, 255]],
    halo: [[9, 15, 22, 255], [255, 255, 255, 255]],
    chosen: [[150, 210, 255, 235], [14, 94, 166, 235]],
    edge: [[9, 15, 22, 200], [255, 255, 255, 230]],
    arc: [[248, 210, 92, 220], [176, 112, 0, 235]],
    arcFrom: [[88, 158, 224, 200], [26, 98, 170, 220]],
  };

  Fangyi.theme = () => (Fangyi.skin ? Fangyi.skin.name : 'dark');
  Fangyi.colour = name => OWN[name][Fangyi.theme() === 'light' ? 1 : 0];

  /** Writes the colour at values[at..] into target as this theme shows it, and returns target. */
  Fangyi.themed = function (values, at, target) {
    for (let k = 0; k < 3; k++) target[k] = values[at + k];
    if (Fangyi.theme() === 'light') { const shown = Fangyi.skin.colour([target[0], target[1], target[2]]); for (let k = 0; k < 3; k++) target[k] = shown[k]; }
    target[3] = values[at + 3] ?? 255;
    return target;
  };

  addEventListener('fangyi:theme', () => { if (Fangyi.look) Fangyi.look(); });
})();
