/* A page that is printed with the browser: by day's colours, the map as the picture that it would save, and a line that says where it came from. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  let parts = [];

  function before() {
    after();
    const main = document.querySelector('.shell:not(.waiting) #main, .shell.wall:not(.waiting)');
    if (!main) return;
    Fangyi.skin.onPaper(true);
    const foot = Fangyi.make('p', 'paper-foot', main, `${location.href.split('#')[0]} · ${Fangyi.say('browser.paper.printed', {at: Fangyi.moment(new Date())})}`);
    const map = Fangyi.pictured();
    if (map) { map.className = 'paper-map'; main.prepend(map); }
    parts = map ? [foot, map] : [foot];
  }
  function after() {
    for (const part of parts) part.remove();
    parts = [];
    Fangyi.skin.onPaper(false);
  }
  addEventListener('beforeprint', before);
  addEventListener('afterprint', after);
})();
