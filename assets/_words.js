/* Texts in the page's language: what dashboard/words says under `browser`, and days, numbers and ages in each language's manner.
   The texts themselves come with /words/VERSION.js (dashboard/wording.py), which runs before every asset; the name of this file puts it first. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});
  const COOKIE = 'fangyi_lang', A_YEAR = 31536000;

  /** "zh" or "en": the page's; before there is a page what the address, the choice kept or the browser says. */
  Fangyi.lang = function () {
    const shell = document.querySelector('.shell[lang]');
    if (shell) return shell.lang === 'en' ? 'en' : 'zh';
    const stated = new URLSearchParams(location.search).get('lang');
    const kept = (document.cookie.match(/(?:^|; )fangyi_lang=(zh|en)/) || [])[1];
    const spoken = (navigator.languages || []).map(one => one.slice(0, 2).toLowerCase()).find(one => one === 'zh' || one === 'en');
    return stated === 'zh' || stated === 'en' ? stated : kept || spoken || 'zh';
  };

  /** The text of a key with its values; `{n:one|many}` takes the form that n wants. A key nobody wrote, or a value that lacks, is an error. */
  Fangyi.say = function (key, values = {}, lang = Fangyi.lang()) {
    const text = Fangyi.words[lang][key];
    if (text === undefined) throw new Error(`no text has the key ${key}`);
    return text.replace(/\{(\w+)(?::([^{}]*))?\}/g, (_, name, forms) => {
      if (!(name in values)) throw new Error(`text ${key} needs the value ${name}`);
      return forms === undefined ? values[name] : String(values[name]) === '1' ? forms.split('|')[0] : forms.split('|').pop();
    });
  };

  /** 1234567 -> "1,234,567" in both languages; what is not known is "–". */
  Fangyi.number = (value, digits = 0) => (value === null || value === undefined || Number.isNaN(value) ? '–'
    : Number(value).toLocaleString('en-US', {minimumFractionDigits: digits, maximumFractionDigits: digits}).replace('-', '−'));

  /** "2月12日", "12 Feb" of a Date, by its UTC day: days are counted, not hours. */
  Fangyi.day = date => Fangyi.say('manner.day', {day: date.getUTCDate(), month: Fangyi.say('manner.months').split(' ')[date.getUTCMonth()]});

  /** "2月12日 18:00", "12 Feb 18:00" of a Date, by the clock of the city. */
  Fangyi.moment = function (date) {
    const there = new Date(date.getTime() + 8 * 36e5); // Asia/Shanghai has had no summer time since 1991
    return `${Fangyi.day(there)} ${there.toISOString().slice(11, 16)}`;
  };

  /** "3小时前", "3 h ago" of milliseconds that have passed. */
  Fangyi.ago = passed => timed('age', passed);
  /** "3小时", "3 h" of milliseconds. */
  Fangyi.span = passed => timed('span', passed);

  function timed(section, passed) {
    for (const [name, unit, least] of [['days', 864e5, 2], ['hours', 36e5, 1], ['minutes', 6e4, 1]]) {
      if (passed >= unit * least) return Fangyi.say(`${section}.${name}`, {n: Math.floor(passed / unit)});
    }
    return Fangyi.say(`${section}.now`);
  }

  // whoever switches the language has chosen it: addresses that state none follow
  document.addEventListener('click', event => {
    const link = event.target.closest && event.target.closest('a.language');
    const tongue = link && link.querySelector('[lang]');
    if (!tongue) return;
    document.cookie = `${COOKIE}=${tongue.lang.slice(0, 2)}; path=/; max-age=${A_YEAR}; SameSite=Lax`;
    // The link was written with the page; what was opened, filtered or selected since stands in the address alone.
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || !(window.dash_clientside && window.dash_clientside.set_props)) return;
    event.preventDefault();
    event.stopPropagation();
    const query = new URLSearchParams(location.search);
    query.set('lang', tongue.lang.slice(0, 2));
    window.dash_clientside.set_props('url', {search: '?' + query.toString().replaceAll('%3A', ':').replaceAll('%2F', '/'), hash: location.hash});
  }, true);
})();
