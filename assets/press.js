/* A press on one of many buttons, as a store tells it to the server: at once, and also where a new page has just brought buttons that nobody pressed. */
(function () {
  const dash = (window.dash_clientside = window.dash_clientside || {});
  let count = 0;
  dash.fangyi_press = {
    pressed() {
      const hit = dash.callback_context.triggered.find(one => one.value);
      if (!hit) return dash.no_update;
      const id = hit.prop_id.slice(0, hit.prop_id.lastIndexOf('.'));
      return {id: id.startsWith('{') ? JSON.parse(id) : id, n: (count += 1)};
    },
  };
})();
