// Finds the entry of a shop on a page where one login chooses among several. Returns { entries, button }: the elements
// whose words are those, and no others but numbers and what such lists say of each; and, for the only entry, the button
// among `buttons` that is nearest to it and to no other.
({ wanted, buttons }) => {
  const BESIDE = /\b(?:id|mall|shop|store|enter)\b|店铺|商家|名称|编号|进入|登录|选择|正常|营业中|主账号|子账号|当前/gi;
  const plain = (text) => text.normalize("NFKC").replace(/\s+/g, " ").trim();
  const name = plain(wanted);
  const isShown = (element) => element.getClientRects().length > 0 && getComputedStyle(element).visibility !== "hidden";
  const says = (element) => {
    const text = plain(element.innerText ?? "");
    if (text === name) return 2;
    if (!text.includes(name) || text.length > name.length + 60) return 0;
    const [before, after] = [text.slice(0, text.indexOf(name)), text.slice(text.indexOf(name) + name.length)];
    // A number within a longer one is another number.
    if (/[0-9a-z]$/i.test(before) && /^[0-9a-z]/i.test(name)) return 0;
    if (/^[0-9a-z]/i.test(after) && /[0-9a-z]$/i.test(name)) return 0;
    return /^[\P{L}]*$/u.test((before + after).replace(BESIDE, "")) || /^[0-9]+$/.test(name) ? 1 : 0;
  };
  const all = [...document.body.querySelectorAll("*")].filter((element) => isShown(element) && !element.matches("script, style, select, option"));
  const best = (degree) => {
    const saying = all.filter((element) => says(element) >= degree);
    return saying.filter((element) => !saying.some((other) => other !== element && element.contains(other)));
  };
  const exact = best(2);
  const entries = exact.length ? exact : best(1);
  const select = [...document.querySelectorAll("select")].find((list) => isShown(list) && [...list.options].some((option) => plain(option.label) === name));
  let button = null;
  for (let place = entries.length === 1 ? entries[0] : select; place && !button; place = place.parentElement) {
    const inside = buttons.filter((one) => place.contains(one) && one !== place);
    if (inside.length > 1) break;
    button = inside[0] ?? null;
  }
  return { entries, button, select: select ?? null, label: select ? [...select.options].find((option) => plain(option.label) === name).label : "" };
}
