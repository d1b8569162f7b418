// Tells what a person presses and chooses, by what a recipe can press and fill again. Of passwords it tells nothing.
(() => {
  if (window.__presses) return;
  Object.defineProperty(window, "__presses", { value: true });
  const same = (text) => text.replace(/\s+/g, " ").trim();
  const shown = (one) => one.getClientRects().length > 0;
  const textOf = (one) => same(one.matches("input") ? one.value : one.innerText ?? "");

  // The one thing on the page that says this, as whoever presses it again looks for it.
  function wordOf(element) {
    const word = textOf(element);
    if (!word || word.length > 40) return "";
    const all = [...document.querySelectorAll("body *")].filter(
      (one) => !one.matches("script,style,option") && (!one.matches("input") || /^(submit|button|reset)$/.test(one.type))
        && shown(one) && textOf(one) === word);
    return all.filter((one) => !all.some((other) => other !== one && one.contains(other))).length === 1 ? word : "";
  }

  function selectorOf(element) {
    const fits = (selector) => {
      try { return document.querySelectorAll(selector).length === 1; } catch { return false; }
    };
    for (let one = element; one && one !== document.body; one = one.parentElement) {
      if (one.id && !/\d{3}/.test(one.id) && fits(`#${CSS.escape(one.id)}`)) return `#${CSS.escape(one.id)}`;
      for (const name of ["name", "data-testid", "aria-label", "placeholder"]) {
        const value = one.getAttribute(name);
        const selector = value && `${one.localName}[${name}=${JSON.stringify(value)}]`;
        if (selector && fits(selector)) return selector;
      }
      if (one.matches("button,a,input,select,textarea")) break;
    }
    return "";
  }

  const tell = (does, element, more) => window.__tellPress?.(
    JSON.stringify({ does, css: selectorOf(element), page: window.location.href, at: Date.now(), ...more }));
  window.addEventListener("click", (event) => {
    const target = event.composedPath()[0];
    if (!event.isTrusted || !(target instanceof Element)) return;
    if (target.matches("input:not([type=submit],[type=button],[type=reset],[type=checkbox],[type=radio]),select,textarea")) return;
    const element = target.closest("button,a,[role=button],[role=tab],[role=menuitem],[role=option],input") ?? target;
    tell("press", element, { word: wordOf(element) || wordOf(target) });
  }, true);
  window.addEventListener("change", (event) => {
    const element = event.composedPath()[0];
    if (!element.matches?.("input:not([type=password],[type=hidden],[type=file]),select,textarea")) return;
    if (/^(checkbox|radio)$/.test(element.type)) return;
    tell("fill", element, { value: String(element.value), most: element.type === "date" ? element.max : "" });
  }, true);
})();
