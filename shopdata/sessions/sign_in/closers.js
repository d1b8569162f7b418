// Which of these elements belong to something that is shown over the page and holds no form, so that a click there takes
// away no place to type in. Returns [{ element, text }] with the words of that something. A consent may also be all that
// a page shows.
({ elements, isConsent }) => {
  const OVER = /modal|dialog|popup|pop-up|layer|overlay|mask|notice|drawer|guide|toast|tour|announce|banner|tips?\b/i;
  const FIELDS =
    "input:not([type=checkbox]):not([type=radio]):not([type=hidden]):not([type=button]):not([type=submit]), textarea, " +
    "select, iframe, canvas";
  const isOver = (element) =>
    element.matches("dialog, [role=dialog], [role=alertdialog], [popover]") ||
    OVER.test(element.getAttribute("class") ?? "") ||
    OVER.test(element.id) ||
    ["fixed", "absolute"].includes(getComputedStyle(element).position);
  const hasFields = (place) => [...place.querySelectorAll(FIELDS)].some((field) => field.getClientRects().length > 0);
  const around = (element) => {
    // A cross is often placed over the corner of its own box: what is over the page has words beside it.
    const own = element.textContent.trim();
    for (let place = element.parentElement; place && place !== document.body; place = place.parentElement) {
      if (isOver(place) && place.innerText && place.innerText.trim().length > own.length + 1) return place;
    }
    return isConsent && element.matches("button, [role=button], a") ? document.body : null;
  };
  // What may as well say yes to a question is a way out only where there is no other.
  const isOnlyWay = (element, place) =>
    !/^(?:确定|确认|OK)$/i.test(element.textContent.trim()) ||
    [...place.querySelectorAll("button, [role=button], a")].filter((one) => one.getClientRects().length > 0 && !element.contains(one) && !one.contains(element)).length === 0;
  return elements
    .map((element) => ({ element, place: around(element) }))
    .filter(({ element, place }) => place && !hasFields(place) && isOnlyWay(element, place))
    .map(({ element, place }) => ({ element, text: place.innerText.replace(/\s+/g, " ").trim() }));
}
