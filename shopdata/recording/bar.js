// The small bar of a recording, over the page and no part of it: its own root, which the page's styles and scripts do not
// reach, in a world of its own, where the page sees no function of ours. It says which day is meant, and has the buttons.
(said) => {
  const tell = globalThis.shopdataTell;
  if (globalThis.shopdataSaid) globalThis.shopdataSaid(said);
  if (globalThis.shopdataSaid || !tell || !document.documentElement) return;

  const host = document.createElement("shopdata-bar");
  const root = host.attachShadow({ mode: "closed" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { all: initial; position: fixed; z-index: 2147483647; left: 50%; bottom: 18px; transform: translateX(-50%); width: max-content;
      max-width: min(94vw, 62rem); margin: 0; padding: 0; border: 0; background: none; overflow: visible; color-scheme: light; }
    :host(.up) { top: 18px; bottom: auto; }
    div { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 14px; padding: 12px 16px; border-radius: 12px; background: #16211c;
      color: #fff; font: 15px/1.4 system-ui, "WenQuanYi Zen Hei", sans-serif; box-shadow: 0 6px 30px #0007; }
    b { padding: 2px 9px; border-radius: 6px; background: #ffd666; color: #16211c; font-size: 17px; white-space: nowrap; }
    small { color: #c5d2cb; font-size: 13px; }
    button { padding: 7px 13px; border: 1px solid #5d6f66; border-radius: 8px; background: none; color: #fff; font: inherit; cursor: pointer; }
    button.main { border-color: #39b37d; background: #1f7a52; }
    button:focus-visible { outline: 3px solid #ffd666; outline-offset: 2px; }
    span { max-width: 44rem; }
  `);
  root.adoptedStyleSheets = [sheet];
  const bar = root.appendChild(document.createElement("div"));
  bar.setAttribute("role", "status");

  const make = (name, text) => Object.assign(document.createElement(name), { textContent: text });
  function say({ text, day, detail, buttons, move }) {
    const [before, after] = text.split("{day}");
    const words = make("span", before);
    if (day) words.append(make("b", day), after ?? "");
    if (detail) words.append(document.createElement("br"), make("small", detail));
    const pressed = buttons.map(([wish, label, isMain]) => {
      const button = make("button", label);
      button.className = isMain ? "main" : "";
      button.addEventListener("click", (event) => event.isTrusted && tell(wish));
      return button;
    });
    const mover = make("button", "⇅");
    mover.title = move;
    mover.setAttribute("aria-label", move);
    mover.addEventListener("click", () => host.classList.toggle("up"));
    bar.replaceChildren(words, ...pressed, mover);
  }

  // Over the page's own dialogs as well; and there again where a page clears its document.
  function stand() {
    if (!host.isConnected) document.documentElement.append(host);
    host.popover = "manual";
    if (!host.matches(":popover-open")) host.showPopover();
  }
  // A page's own code sees no key that is pressed in here.
  for (const kind of ["keydown", "keyup", "keypress", "click", "pointerdown", "mousedown"]) root.addEventListener(kind, (event) => event.stopPropagation());
  globalThis.shopdataSaid = say;
  say(said);
  stand();
  setInterval(() => host.isConnected || stand(), 500);
};
