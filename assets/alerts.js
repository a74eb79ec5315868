/* Alerts call once: a new one on the wall glows calmly for some seconds and, where the address says sound=1 and its rule wants it,
   sounds three soft tones made here. Then it stays, still, until somebody has acknowledged it at a desk. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const KEY = 'fangyi-alerts', CALLS = 6000, TONES = [523.25, 659.25, 783.99];
  const wanted = new URLSearchParams(location.search).get('sound') === '1';
  const state = {called: new Map(), muted: false};
  Fangyi.alerts = state;
  const seen = new Set(JSON.parse(sessionStorage.getItem(KEY) || '[]'));
  let audio = null;

  function sound() {
    audio = audio || new AudioContext();
    audio.resume();
    state.muted = audio.state === 'suspended'; // the browser wants a touch first, or --autoplay-policy=no-user-gesture-required
    TONES.forEach((pitch, n) => {
      const tone = audio.createOscillator(), loud = audio.createGain(), at = audio.currentTime + n * 0.28;
      tone.frequency.value = pitch;
      loud.gain.setValueAtTime(0, at);
      loud.gain.linearRampToValueAtTime(0.18, at + 0.03);
      loud.gain.exponentialRampToValueAtTime(0.001, at + 0.9);
      tone.connect(loud).connect(audio.destination);
      tone.start(at);
      tone.stop(at + 1);
    });
  }

  function look() {
    const now = Date.now(), shown = document.querySelectorAll('.wall [data-alert]');
    let loud = false;
    for (const one of shown) {
      const id = one.dataset.alert;
      if (!seen.has(id)) {
        seen.add(id);
        state.called.set(id, now);
        loud = loud || one.dataset.sound === '1';
      }
      one.classList.toggle('calling', now - (state.called.get(id) || 0) < CALLS); // a page made anew meanwhile goes on calling
    }
    if (loud && wanted) sound();
    if (!shown.length && !seen.size) return;
    const there = new Set([...shown].map(one => one.dataset.alert));
    for (const [id, at] of state.called) if (now - at > CALLS && !there.has(id)) state.called.delete(id);
    sessionStorage.setItem(KEY, JSON.stringify([...seen].slice(-200)));
  }
  setInterval(look, 500);
})();
