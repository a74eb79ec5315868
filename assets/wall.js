/* The wall turns its pages: ?pages=lockdown,beds&dwell=20; arrows turn by hand, space holds. The server says which turns there are. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const query = new URLSearchParams(location.search);
  const FADE = 900, MINUTE = 60000;
  const isWall = () => location.pathname.replace(/\/$/, '').endsWith('/wall');
  const turning = {held: false, timer: null, shown: Date.now()};
  Fangyi.turning = turning;
  const dwell = () => Math.min(Math.max(Number(query.get('dwell')) || 25, 5), 600) * 1000;

  function turn(step) {
    const bar = document.querySelector('.turns[data-turns]');
    if (!isWall() || !bar || (Fangyi.pulse.lostAt && step === 1)) return; // while the server is away the last honest page stays
    const all = bar.dataset.turns.split(','), next = all[(all.indexOf(bar.dataset.turn) + step + all.length) % all.length];
    if (next === bar.dataset.turn) return;
    const shell = document.querySelector('.shell.wall');
    shell.classList.add('turning');
    setTimeout(() => { for (const one of document.querySelectorAll('.shell.wall.turning')) one.classList.remove('turning'); }, FADE);
    setTimeout(() => Fangyi.send('wall-page', next), 250);
    turning.shown = Date.now();
  }
  function wind() { clearInterval(turning.timer); turning.timer = setInterval(() => { if (!turning.held) turn(1); }, dwell()); }
  if (query.get('dwell') !== '0') wind();

  // Ages grow on a wall that does not turn as well.
  setInterval(() => {
    const pulse = Fangyi.pulse;
    if (!isWall() || !pulse.last || pulse.lostAt || document.hidden || Date.now() - turning.shown < MINUTE) return;
    if (Fangyi.send('pulse', {...pulse.last, changed: ['facts'], t: Date.now()})) turning.shown = Date.now();
  }, 5000);

  addEventListener('keydown', event => {
    if (!isWall()) return;
    if (event.key === ' ') turning.held = !turning.held;
    if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') { turn(event.key === 'ArrowRight' ? 1 : -1); wind(); }
    document.documentElement.classList.toggle('held', turning.held);
  });
})();
