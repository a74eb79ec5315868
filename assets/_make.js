/* Elements are built with text and never with markup: what a file or a person wrote stays inert. The name of this file puts it before those that use it. */
(function () {
  const Fangyi = (window.Fangyi = window.Fangyi || {ready: 0, errors: []});

  /** Appends an element to `parent` and returns it; without a name it has no class, without a text no content. */
  Fangyi.make = function (tag, name, parent, text) {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (text !== undefined) made.textContent = text;
    parent.append(made);
    return made;
  };
})();
