// Makes the board quicker to use; every page works without it.
"use strict";

(() => {
  const root = document.documentElement;
  root.classList.add("scripted");
  const REFRESH_MS = 30000;

  // -- filter rows as one types ------------------------------------------------------------------------------------

  // Tables, by their order on the page, of which all rows were asked for.
  const opened = new Set();

  function filter() {
    const form = document.querySelector("[data-filter]");
    if (!form) return;
    const chosen = form.querySelector(".chip[aria-current]");
    const show = chosen ? chosen.dataset.show : "all";
    const search = form.elements.q.value.trim().toLowerCase();
    const isWhole = new URL(location.href).searchParams.get("rows") === "all";
    let shown = 0;
    document.querySelectorAll("[data-grid]").forEach((table, number) => {
      let left = isWhole || opened.has(number) ? Infinity : Number(form.dataset.first);
      let folded = 0;
      for (const row of table.querySelectorAll("tr[data-kind]")) {
        const isOfKind = show === "all" || row.dataset.kind.split(" ").includes(show);
        const fits = isOfKind && row.dataset.text.toLowerCase().includes(search);
        row.hidden = !fits || left <= 0;
        if (!fits) continue;
        row.hidden ? folded++ : left--;
        shown++;
      }
      const more = (table.closest(".group") || document).querySelector("[data-more]");
      more.hidden = !folded;
      more.firstElementChild.textContent = more.dataset.more.replace("{n}", folded);
    });
    for (const group of document.querySelectorAll(".group")) {
      group.hidden = !group.querySelector("tr[data-kind]:not([hidden])");
    }
    const none = document.querySelector("[data-none]");
    if (none) none.hidden = shown > 0;
    const address = new URL(location.href);
    show === "all" ? address.searchParams.delete("show") : address.searchParams.set("show", show);
    search ? address.searchParams.set("q", form.elements.q.value) : address.searchParams.delete("q");
    history.replaceState(null, "", address);
  }

  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-filter] [name=q]")) filter();
  });
  document.addEventListener("click", (event) => {
    const more = event.target.closest("[data-more] a");
    if (!more || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const grid = more.closest(".group") || document;
    opened.add([...document.querySelectorAll("[data-grid]")].indexOf(grid.querySelector("[data-grid]")));
    filter();
  });
  document.addEventListener("click", (event) => {
    const chip = event.target.closest("[data-filter] .chip");
    if (!chip || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    for (const other of chip.parentNode.children) other.removeAttribute("aria-current");
    chip.setAttribute("aria-current", "true");
    filter();
  });

  // -- buttons -----------------------------------------------------------------------------------------------------

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-filter]")) {
      event.preventDefault();
      return filter();
    }
    // Not `form.dataset`: a field of that name hides it.
    const question = form.getAttribute("data-confirm");
    if (question && !confirm(question)) return event.preventDefault();
    if (form.matches(".act")) setTimeout(() => form.querySelector("button").setAttribute("disabled", ""), 0);
  });
  // Coming back by the browser's own button shows the page as it was left.
  addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll(".act button[disabled]")) button.removeAttribute("disabled");
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const text = button.previousElementSibling;
    getSelection().selectAllChildren(text);
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "✓";
    } catch {
      document.execCommand("copy");
    }
  });

  // -- keys --------------------------------------------------------------------------------------------------------

  document.addEventListener("keydown", (event) => {
    if (event.target.matches("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") {
      const search = document.querySelector("[data-filter] [name=q]");
      if (search) {
        event.preventDefault();
        search.focus();
      }
    }
    const chart = event.target.closest("svg.chart");
    if (chart && ["ArrowLeft", "ArrowRight"].includes(event.key)) {
      const columns = [...chart.querySelectorAll("a")];
      const next = columns[columns.indexOf(event.target.closest("a")) + (event.key === "ArrowLeft" ? -1 : 1)];
      if (next) {
        event.preventDefault();
        next.focus();
      }
    }
    const cell = event.target.closest("[data-grid] td");
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!cell || !step) return;
    const rows = [...cell.closest("tbody").rows].filter((row) => !row.hidden);
    let row = rows.indexOf(cell.parentNode) + step[0];
    let column = cell.cellIndex + step[1];
    for (; rows[row] && rows[row].cells[column]; row += step[0], column += step[1]) {
      const link = rows[row].cells[column].querySelector("a.c");
      if (link) {
        event.preventDefault();
        return link.focus();
      }
    }
  });

  // -- stay fresh --------------------------------------------------------------------------------------------------

  async function refresh() {
    const live = document.getElementById("live");
    const isBusy = live && (live.contains(document.activeElement) || live.querySelector("details[open]"));
    if (!live || document.hidden || isBusy || !getSelection().isCollapsed) return;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      // Signed out meanwhile.
      if (answer.redirected) return location.reload();
      if (!answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
      if (fresh) {
        live.replaceWith(document.adoptNode(fresh));
        filter();
      }
    } catch {
      // The service restarts: the next time.
    }
  }
  if (document.querySelector("[data-live]")) setInterval(refresh, REFRESH_MS);
})();
