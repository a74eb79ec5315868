/* What can wait loads after the map: the program of the charts (1.4 MB) shares neither the line nor the processor with the map's. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const PATIENCE = 20000; // a map that never comes must not keep the charts away

  /** Resolves once the map stands, at once on a page that has none, and after `PATIENCE` in any case. */
  Fangyi.afterMap = () => new Promise(resolve => {
    const end = Date.now() + PATIENCE;
    (function look() {
      if (Fangyi.ready || document.querySelector('.shell.plain') || Fangyi.errors.length || Date.now() > end) return resolve();
      setTimeout(look, 50);
    })();
  });

  /** Loads a script after the map; resolves when it has run. `address` is asked for then. */
  Fangyi.late = async address => {
    await Fangyi.afterMap();
    await new Promise((resolve, reject) => {
      const src = address();
      document.head.append(Object.assign(document.createElement('script'), {src, onload: resolve, onerror: () => reject(new Error(`${src} did not load`))}));
    });
  };
})();
