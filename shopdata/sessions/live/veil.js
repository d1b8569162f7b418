// Whatever field holds one of these texts shows dots, also if the page turns a field for passwords into one that shows them.
(texts) => {
  if (window.__veiled) return;
  Object.defineProperty(window, "__veiled", { value: true });
  const held = new Set(texts.filter((text) => text));
  const veil = (field) => {
    if (held.has(field.value)) field.style.setProperty("-webkit-text-security", "disc", "important");
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
}
