// A sign-in that runs elsewhere: its page is drawn here, and what is done here is done there.
"use strict";

(() => {
  const sitting = document.querySelector("[data-sitting]");
  if (!sitting) return;
  const { address, view, token } = sitting.dataset;
  const trouble = sitting.querySelector("[data-trouble]");
  const canvas = sitting.querySelector("canvas");
  const glass = sitting.querySelector(".glass");
  const typing = sitting.querySelector(".typing");
  const place = (what, questions = {}) => `${address}/${what}?${new URLSearchParams({ view, ...questions })}`;
  const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  function tell(text) {
    trouble.textContent = text ?? "";
    trouble.hidden = !text;
  }
  if (!isSecureContext) return tell(sitting.dataset.open);

  // -- what comes ----------------------------------------------------------------------------------------------------

  let isOver = false;
  async function leave() {
    if (isOver) return;
    isOver = true;
    // A service that stops says so as the last thing it does: what is there now is asked of the next one.
    while (!(await fetch(place("state", { wait: 1 }), { cache: "no-store" }).catch(() => null))) {
      tell(sitting.dataset.lost);
      await pause(1000);
    }
    location.reload();
  }

  // Asks again and again; who answers with 404 knows this page no more. What is cut off on its way by something that lets
  // no answer wait so long is asked for again at once, with shorter waits.
  async function follow(what, questions, use) {
    let wait = 10;
    while (!isOver) {
      const began = performance.now();
      try {
        const answer = await fetch(place(what, { ...questions(), wait }), { cache: "no-store" });
        if (answer.status === 404) return leave();
        if (answer.status === 200) await use(answer);
        else if (answer.status !== 204) throw new Error(answer.status);
        tell("");
      } catch {
        if (isOver) return;
        const seconds = (performance.now() - began) / 1000;
        if (seconds > 2 && wait > 1) {
          wait = Math.max(1, Math.min(wait - 1, Math.floor(seconds / 2)));
          continue;
        }
        tell(sitting.dataset.lost);
        await pause(1000);
      }
      if (document.hidden && what === "frame") {
        await new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true }));
      }
    }
  }

  // Pointers that are down: of two, both move the picture and not what is in it.
  const held = new Map();
  const shown = { number: "", width: 1280, height: 800, isSlow: false };
  const drawing = canvas.getContext("2d", { alpha: false });
  follow("frame", () => ({ after: shown.number, held: held.size ? 1 : 0, slow: shown.isSlow ? 1 : 0 }), async (answer) => {
    const began = performance.now();
    const picture = await createImageBitmap(await answer.blob());
    const [number, width, height] = answer.headers.get("X-Frame").split(",");
    if (picture.width !== canvas.width) canvas.width = picture.width;
    if (picture.height !== canvas.height) canvas.height = picture.height;
    drawing.drawImage(picture, 0, 0);
    picture.close();
    Object.assign(shown, { number, width: Number(width), height: Number(height), isSlow: performance.now() - began > 400 });
    canvas.dataset.number = number;
  });

  // What was drawn last is of a page that is not in this person's hands any more.
  function cover(isCovered) {
    if (isCovered) drawing.clearRect(0, 0, canvas.width, canvas.height);
    sitting.classList.toggle("covered", isCovered);
  }

  let number = sitting.dataset.number;
  follow("state", () => ({ after: number }), async (answer) => {
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const [at, isEnd, isShown] = answer.headers.get("X-State").split(",");
    if (isEnd === "1") return leave();
    number = at;
    cover(isShown === "0");
    for (const part of fresh.querySelectorAll("[data-part]")) {
      const old = sitting.querySelector(`[data-part="${part.dataset.part}"]`);
      if (old && old.dataset.key !== part.dataset.key) old.replaceWith(document.adoptNode(part));
    }
    countFrom();
  });

  let ends = 0;
  function countFrom() {
    const left = sitting.querySelector("[data-left]");
    if (left) ends = performance.now() + Number(left.dataset.left) * 1000;
    delete left?.dataset.left;
  }
  countFrom();
  setInterval(() => {
    const left = sitting.querySelector(".left span");
    const seconds = Math.max(0, Math.round((ends - performance.now()) / 1000));
    if (left) left.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }, 500);

  // -- what goes -----------------------------------------------------------------------------------------------------

  let batch = 0;
  let points = [];
  let isSending = false;
  const FLUSH_MS = 40;

  async function flush() {
    if (isSending || !points.length || isOver) return;
    isSending = true;
    const sent = points.splice(0, 300);
    const body = JSON.stringify({ seq: batch, points: sent });
    const headers = { "Content-Type": "application/json", "X-Board-Token": token };
    try {
      const answer = await fetch(place("input"), { method: "POST", headers, body });
      if (answer.status === 404) leave();
      // Too many at once: the same again, before what came meanwhile.
      if (answer.status === 429) points = [...sent, ...points];
      else batch++;
    } catch {
      batch++;
      // A part is lost: the other side lets go of what was held.
    }
    isSending = false;
  }
  setInterval(flush, FLUSH_MS);
  const add = (...point) => points.push(point);

  function spot(event) {
    const box = canvas.getBoundingClientRect();
    const within = (value, most) => Math.round(Math.min(Math.max(value, 0), 1) * most * 10) / 10;
    return [within((event.clientX - box.left) / box.width, shown.width), within((event.clientY - box.top) / box.height, shown.height)];
  }

  canvas.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    if (event.button > 0) return;
    canvas.setPointerCapture(event.pointerId);
    if (held.size === 1) add(event.timeStamp, "up", ...spot(event));
    held.set(event.pointerId, [event.clientX, event.clientY]);
    if (held.size > 1) return;
    if (event.pointerType === "mouse") typing.focus({ preventScroll: true });
    add(event.timeStamp, "move", ...spot(event));
    add(event.timeStamp, "down", ...spot(event));
    flush();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (held.size < 2) {
      if (event.pointerType === "touch" && !held.size) return;
      const all = event.getCoalescedEvents?.() ?? [];
      for (const one of all.length ? all : [event]) add(one.timeStamp, "move", ...spot(one));
      return;
    }
    const [x, y] = held.get(event.pointerId) ?? [event.clientX, event.clientY];
    held.set(event.pointerId, [event.clientX, event.clientY]);
    if (glass.classList.contains("zoom-1")) add(event.timeStamp, "wheel", ...spot(event), 0, (y - event.clientY) * 2);
    else glass.scrollBy(x - event.clientX, y - event.clientY);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, (event) => {
      if (held.delete(event.pointerId) && !held.size) add(event.timeStamp, "up", ...spot(event));
      flush();
    });
  }
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    add(event.timeStamp, "wheel", ...spot(event), event.deltaX, event.deltaY);
  }, { passive: false });
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());

  // -- keys: into a field of ours, so that telephones show theirs and Chinese can be written -------------------------

  const KEYS = ["Enter", "Tab", "Backspace", "Delete", "Escape", "Home", "End", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "PageUp", "PageDown"];
  const type = (text) => {
    for (let start = 0; start < text.length; start += 200) add(performance.now(), "text", text.slice(start, start + 200));
  };
  function take() {
    if (typing.value) type(typing.value);
    typing.value = "";
  }
  typing.addEventListener("keydown", (event) => {
    if (event.isComposing || !KEYS.includes(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    add(performance.now(), "key", event.key);
  });
  typing.addEventListener("input", (event) => event.isComposing || take());
  typing.addEventListener("compositionend", take);

  sitting.querySelector("[data-type]").addEventListener("submit", (event) => {
    event.preventDefault();
    const { text } = event.target.elements;
    if (text.value) type(text.value);
    text.value = "";
  });

  // -- buttons -------------------------------------------------------------------------------------------------------

  sitting.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const { zoom, key, scroll } = button.dataset;
    if (key) add(performance.now(), "key", key);
    if (scroll) add(performance.now(), "wheel", shown.width / 2, shown.height / 2, 0, Number(scroll));
    if (button.matches("[data-keyboard]")) typing.focus();
    if (zoom) {
      const [x, y] = [glass.scrollLeft + glass.clientWidth / 2, glass.scrollTop + glass.clientHeight / 2];
      const before = Number(glass.className.match(/zoom-(\d)/)?.[1] ?? 1);
      glass.className = `glass zoom-${zoom}`;
      glass.scrollTo((x * zoom) / before - glass.clientWidth / 2, (y * zoom) / before - glass.clientHeight / 2);
      for (const other of button.parentNode.children) other.setAttribute("aria-pressed", String(other === button));
    }
  });

  sitting.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("[data-live]")) return;
    event.preventDefault();
    try {
      await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" });
    } catch {
      tell(sitting.dataset.lost);
    }
    for (const field of form.querySelectorAll("input:not([type=hidden])")) field.value = "";
    form.querySelector("button")?.removeAttribute("disabled");
  });
})();
