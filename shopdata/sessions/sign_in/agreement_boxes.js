// Finds the boxes of agreements that are not ticked. `found` are elements that the selectors `known` have found, which go
// before each other as these do, `chosen` those of selectors that a user has given, `done` boxes that were clicked already.
// It looks and changes nothing.
// Returns [{ box, targets, text }]: `targets` is where to click, the best first, as [element, atItsLeft].
({ found, known, chosen, done }) => {
  const AGREES = /同意|协议|協議|隐私|隱私|条款|條款|须知|声明|政策|\bagree|\bterms\b|privacy|\bpolicy\b|\bconsent/i;
  const RULES = /协议|協議|隐私|隱私|条款|條款|政策|须知|terms|privacy|policy/i;
  // What makes this machine one that is known without a password, and what asks for mail: as the portal has it.
  const NEVER = /记住|記住|自动登|自動登|免登|保持登|下次|天内|remember|keep me|stay (?:signed|logged)|trust this/i;
  // Of two choices the one that says no.
  const REFUSES = /不同意|不接受|拒绝|拒絕|\bdisagree|\bdecline|\breject|\b(?:not|n't) (?:agree|accept|consent)/i;
  const ADVERTISING = /推广|营销|促销|订阅|newsletter|marketing|promotion/i;
  // Where such words begin, in an element of its own.
  const BEGINS = /阅读|閱讀|\bread\b/i;
  const FIELDS = "input:not([type=checkbox]):not([type=radio]), select, textarea, iframe";
  const NATIVE = "input[type=checkbox], input[type=radio]";
  const ROLE = "[role=checkbox], [role=radio], [role=switch]";
  const MOST_TEXT = 160;

  const classOf = (element) => element.getAttribute("class") ?? "";
  const isShown = (element) => {
    const { width, height } = element.getBoundingClientRect();
    return width > 3 && height > 3 && getComputedStyle(element).visibility !== "hidden";
  };
  const isInLink = (element) => {
    const link = element.closest("a[href]");
    return link !== null && !/^(#|javascript:)/i.test(link.getAttribute("href"));
  };
  const isSmall = (element) => {
    const { width, height } = element.getBoundingClientRect();
    const isSquare = Math.min(width, height) >= 8 && Math.max(width, height) <= 40 && Math.abs(width - height) <= 10;
    const isOther = element.matches("input:not([type=checkbox]):not([type=radio]), select, textarea, canvas, iframe");
    return isSquare && !isOther && isShown(element) && element.textContent.trim().length <= 1 && !isInLink(element);
  };
  const isKnown = (element) => element.matches(`${NATIVE}, ${ROLE}`);

  // -- what is one box: the input, else what has its role, else the small thing that is drawn
  const boxOf = (element) => {
    if (isKnown(element) && !element.querySelector(NATIVE)) return element;
    const around = element.closest("label, [role=checkbox]");
    for (const place of [element, around]) {
      const inputs = place ? place.querySelectorAll(NATIVE) : [];
      if (inputs.length) return inputs.length === 1 ? inputs[0] : null;
    }
    if (around?.matches(ROLE)) return around;
    const roles = element.querySelectorAll(ROLE);
    if (roles.length) return roles.length === 1 ? roles[0] : null;
    if (isSmall(element)) return element;
    const small = [...element.querySelectorAll("*")].filter(isSmall);
    if (small.length) return small[0];
    const before = getComputedStyle(element, "::before");
    const isDrawn = before.content !== "none" && before.content !== "normal" && parseFloat(before.width) >= 8;
    return isShown(element) && (isDrawn || (element.matches("label") && getComputedStyle(element).cursor === "pointer")) ? element : null;
  };

  // Boxes that no selector knows: something small and empty right before the words.
  const besideWords = () => {
    const boxes = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const words = node.textContent.trim();
      if (!words || words.length > MOST_TEXT || !(AGREES.test(words) || BEGINS.test(words)) || !node.parentElement || !isShown(node.parentElement)) continue;
      let here = node;
      for (let level = 0; level < 4 && here && here !== document.body; level += 1) {
        const sibling = here.previousElementSibling ?? (here.nodeType === Node.TEXT_NODE ? here.previousSibling : null);
        if (sibling?.nodeType === Node.ELEMENT_NODE) {
          // What is small beside a field belongs to it: an eye that shows the password.
          if (sibling.matches(FIELDS) || sibling.querySelector(FIELDS)) break;
          const small = isSmall(sibling) ? sibling : [...sibling.querySelectorAll("*")].find(isSmall);
          if (small && sibling.textContent.trim().length <= 1) boxes.push(small);
          if (small || sibling.textContent.trim()) break;
        }
        here = here.parentElement;
      }
    }
    return boxes;
  };

  const chosenBoxes = new Set(chosen.map((element) => boxOf(element) ?? element));
  const rank = (element) => known.findIndex((selector) => element.matches(selector));
  const ranked = [...found].sort((one, other) => rank(one) - rank(other));
  const boxes = new Set([...chosenBoxes, ...[...ranked, ...document.querySelectorAll(ROLE)].map(boxOf).filter(Boolean), ...besideWords().map((box) => boxOf(box) ?? box)]);
  const others = (box) => [...boxes, ...document.querySelectorAll(`${NATIVE}, ${ROLE}`)].filter((other) => other !== box && !other.contains(box) && !box.contains(other));

  // -- the words of a box: of its label, else what stands behind it, else before it
  const words = (box) => {
    const labels = [...(box.labels ?? []), box.closest("label")].filter(Boolean);
    const said = labels.map((label) => label.innerText).join(" ").trim();
    if (said) return said;
    const names = (box.getAttribute("aria-labelledby") ?? "").split(/\s+/).filter(Boolean).map((id) => document.getElementById(id)?.innerText ?? "");
    const named = [box.getAttribute("aria-label") ?? "", ...names].join(" ").trim();
    if (named) return named;
    if (box.innerText?.trim().length > 1) return box.innerText.trim();
    const strangers = others(box);
    for (let place = box.parentElement, level = 0; place && level < 4; place = place.parentElement, level += 1) {
      const texts = { before: "", after: "" };
      let isBehind = false;
      let isDone = false;
      const walker = document.createTreeWalker(place, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node && !isDone; node = walker.nextNode()) {
        if (node === box) isBehind = true;
        else if (strangers.includes(node)) {
          if (isBehind) isDone = true;
          else texts.before = "";
        } else if (node.nodeType === Node.TEXT_NODE && !box.contains(node) && node.parentElement.innerText) texts[isBehind ? "after" : "before"] += node.textContent;
      }
      const text = texts.after.trim() || texts.before.trim();
      if (text) return text.slice(0, MOST_TEXT);
    }
    return "";
  };

  // -- whether it is ticked; null where nothing tells
  const state = (box) => {
    if (box.matches(NATIVE)) return box.checked;
    for (const element of [box, box.parentElement, ...box.querySelectorAll("*")].filter(Boolean)) {
      const said = element.getAttribute("aria-checked") ?? element.getAttribute("data-checked") ?? element.getAttribute("data-state");
      if (said !== null && said !== undefined) return /^(true|checked|on|1)$/.test(said);
    }
    // A class of its parent tells too, unless that holds other boxes.
    const names = [box, ...box.querySelectorAll("*"), ...(box.parentElement && box.parentElement.querySelectorAll(NATIVE).length === 0 ? [box.parentElement] : [])].map(classOf).join(" ");
    if (/(^|[\s_-])(?:un|not?[-_]?)(?:checked|selected|active|ticked)/i.test(names)) return false;
    if (/(^|[\s_-])(?:is[-_]?)?(?:checked|selected|active|ticked)($|[\s_-])/i.test(names)) return true;
    const drawn = [box, ...box.querySelectorAll("*")].some((element) => [element.textContent, getComputedStyle(element, "::before").content, getComputedStyle(element, "::after").content].some((text) => /[✓✔√☑]/.test(text)));
    if (drawn) return true;
    const [red, green, blue, alpha = 1] = (getComputedStyle(box).backgroundColor.match(/[\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
    return alpha > 0.5 && Math.max(red, green, blue) - Math.min(red, green, blue) > 60 ? true : null;
  };

  const targets = (box) => {
    const label = (box.labels && box.labels[0]) ?? box.closest("label");
    const isWide = (element) => element.getBoundingClientRect().width > 48;
    const drawn = label ? [...label.querySelectorAll("*")].filter((element) => element !== box && isSmall(element)) : [];
    const all = [box, ...drawn, label, box.parentElement].filter((element) => element && isShown(element) && !isInLink(element));
    return [...new Set(all)].slice(0, 4).map((element) => [element, isWide(element)]);
  };

  const isWanted = (box, text) => {
    if (NEVER.test(text) || REFUSES.test(text) || box.disabled) return false;
    if (ADVERTISING.test(text) && !RULES.test(text)) return false;
    return chosenBoxes.has(box) || AGREES.test(text);
  };
  return [...boxes]
    .map((box) => ({ box, text: words(box), ticked: state(box) }))
    .filter(({ box, text, ticked }) => ticked !== true && !(ticked === null && done.includes(box)) && isWanted(box, text))
    .map(({ box, text, ticked }) => ({ box, text, isSure: ticked === false, targets: targets(box) }))
    .filter(({ targets: places }) => places.length);
}
