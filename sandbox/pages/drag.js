// Drags a handle: `move` gets how far it is, `done` that and the whole path: time, place and whether a person's device made it.
function onDrag(handle, move, done) {
  let start = null;
  let path = [];
  const offset = (event) => Math.max(0, event.clientX - start);
  handle.addEventListener("mousedown", (event) => {
    if (event.isTrusted) start = event.clientX;
    path = [];
    event.preventDefault();
  });
  document.addEventListener("pointermove", (event) => {
    if (start === null) return;
    const all = event.getCoalescedEvents();
    for (const one of all.length ? all : [event]) path.push([Math.round(one.timeStamp), one.clientX, event.isTrusted]);
  });
  document.addEventListener("mousemove", (event) => { if (start !== null) move(offset(event)); });
  document.addEventListener("mouseup", (event) => {
    if (start === null) return;
    const place = Math.round(offset(event));
    start = null;
    done(place, path);
  });
}
