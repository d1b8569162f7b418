// The device's number, as JD's own script looks for it: in a cookie, in localStorage, in IndexedDB; where it is in none of
// them the device is new. It is written to all three, the cookie until 2030 (docs/portals.md does not say what the portals do
// with it; here it is who was signed in on it before).
function deviceStore(name, mode, ask) {
  return new Promise((resolve) => {
    const opening = indexedDB.open(name, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("device");
    opening.onerror = () => resolve("");
    opening.onsuccess = () => {
      const answer = ask(opening.result.transaction("device", mode).objectStore("device"));
      answer.onsuccess = () => { opening.result.close(); resolve(answer.result ?? ""); };
      answer.onerror = () => { opening.result.close(); resolve(""); };
    };
  });
}

async function findDevice(name) {
  const cookie = new RegExp(`(?:^|; )${name}=([0-9a-f]+)`).exec(document.cookie);
  const found = cookie?.[1] || localStorage.getItem(name) || (await deviceStore(name, "readonly", (box) => box.get("id")));
  const id = found || Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  document.cookie = `${name}=${id}; path=/; expires=Tue, 31 Dec 2030 22:00:00 GMT`;
  localStorage.setItem(name, id);
  await deviceStore(name, "readwrite", (box) => box.put(id, "id"));
  return id;
}
