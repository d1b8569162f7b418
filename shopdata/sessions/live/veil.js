// A field that holds one of these texts shows dots, also if the page turns a field for passwords into one that shows them;
// and goes on to do so until it is emptied: what somebody adds to it makes it no other password.
(texts) => {
  if (window.__veiled) return;
  Object.defineProperty(window, "__veiled", { value: true });
  const held = texts.filter((text) => text);
  const veiled = new WeakSet();
  // A few letters may be part of anything.
  const holds = (value, text) => value === text || (text.length > 3 && value.includes(text));
  const veil = (field) => {
    if (held.some((text) => holds(field.value, text))) veiled.add(field);
    else if (!field.value) veiled.delete(field);
    if (veiled.has(field)) field.style.setProperty("-webkit-text-security", "disc", "important");
    else field.style.removeProperty("-webkit-text-security");
  };
  const veilAll = () => document.querySelectorAll("input, textarea").forEach(veil);
  veilAll();
  // Both come before the next picture is drawn.
  const options = { subtree: true, childList: true, attributes: true, attributeFilter: ["type", "style", "class", "value"] };
  const watch = new MutationObserver(() => {
    watch.disconnect();
    veilAll();
    watch.observe(document, options);
  });
  watch.observe(document, options);
  document.addEventListener("input", veilAll, true);
  // What is dragged out of it would be text like any other.
  document.addEventListener("dragstart", (event) => veiled.has(event.target) && event.preventDefault(), true);
}
