// One look at a document: what of all that is looked for may be seen, what it says, whether boxes may be in it.
// `hints` are one for each selector: { css } for what any browser knows; besides { is: [texts] } or { has: text } for what
// is found by its words too, without blanks and in small letters. `refused` are those of where pages say why they let nobody in,
// `boxes` those of boxes, `words` what stands beside one. It looks and changes nothing.
// Returns { marks, text, pointed, passwords, hasShadow, hasBoxes }: a mark is 2 for what is surely visible, 0 for what surely is
// not, 1 for what Playwright has to be asked about; `text` and `pointed` are null where they were not asked for, and
// `pointed` also where only Playwright can tell.
({ hints, refused, boxes, words, isHeard }) => {
  const plain = (text) => text.replace(/[\s\u200b\u00ad]+/g, "").toLowerCase();
  const WORDS = new RegExp(words, "i");
  const texts = new Map();
  let hasShadow = false;
  let hasWords = false;

  // The words of an element as Playwright puts them together, so that what it would find is in here too.
  const read = (place) => {
    if (["SCRIPT", "STYLE", "NOSCRIPT", "HEAD"].includes(place.nodeName)) return "";
    let text = "";
    if (place.nodeName === "INPUT" && ["submit", "button", "reset"].includes(place.type)) text = plain(place.value);
    else {
      for (let child = place.firstChild; child; child = child.nextSibling) {
        if (child.nodeType === Node.TEXT_NODE) {
          text += plain(child.nodeValue);
          hasWords ||= WORDS.test(child.nodeValue);
        } else if (child.nodeType === Node.ELEMENT_NODE) text += read(child);
      }
      if (place.shadowRoot) {
        hasShadow = true;
        text += read(place.shadowRoot);
      }
    }
    texts.set(place, text);
    return text;
  };
  const all = document.documentElement ? read(document.documentElement) : "";
  const kinds = new Set(texts.values());

  // null where its children decide.
  const isVisible = (element) => {
    const style = getComputedStyle(element);
    if (style.display === "contents") return null;
    if (!element.checkVisibility() || style.visibility !== "visible") return false;
    const { width, height } = element.getBoundingClientRect();
    return width > 0 && height > 0;
  };
  const find = (selector) => {
    try {
      return [...document.querySelectorAll(selector)];
    } catch {
      return null;
    }
  };
  const markOf = ({ css, is, has }) => {
    const isIn = is ? (text) => is.includes(text) : has ? (text) => text.includes(has) : null;
    // First the cheap half of the answer: a page has few texts of a kind.
    if (is && !is.some((text) => kinds.has(text))) return 0;
    if (has && !all.includes(has)) return 0;
    if (isIn && hasShadow) return 1;
    const found = css ? find(css) : null;
    if (!found) return 1;
    const isShown = found.filter((element) => !isIn || isIn(texts.get(element) ?? "")).map(isVisible);
    if (isIn) return isShown.some((shown) => shown !== false) ? 1 : 0;
    if (isShown.includes(true) && !isShown.includes(null)) return 2;
    return isShown.includes(null) || hasShadow ? 1 : 0;
  };
  const places = isHeard && refused.every((hint) => markOf(hint) !== 1) ? find(refused.map(({ css }) => css).join(",")) : null;
  return {
    marks: hints.map(markOf),
    text: isHeard ? (document.body?.innerText ?? "") : null,
    pointed: places && places.filter(isVisible).map((place) => place.innerText ?? ""),
    passwords: (find("input[type=password]") ?? []).filter((field) => isVisible(field) !== false).length,
    hasShadow,
    hasBoxes: hasShadow || hasWords || boxes.some(({ css, is, has }) => !css || is || has || find(css)?.length !== 0),
  };
}
