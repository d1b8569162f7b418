// Before a page's own scripts: what its origin had stored, unless the page has stored something in this browser already.
// A page that opens one of the databases comes after us: a browser opens them in the order it is asked.
((stored, quietPath) => {
  const mine = stored[location.origin];
  if (!mine || location.pathname === quietPath) return;
  try {
    if (mine.localStorage.length && localStorage.length) return;
    for (const { name, value } of mine.localStorage) localStorage.setItem(name, value);
    for (const { name, version, stores } of mine.indexedDB) {
      const opening = indexedDB.open(name, version);
      opening.onupgradeneeded = ({ oldVersion }) => {
        if (oldVersion) return opening.transaction.abort();
        for (const store of stores) {
          const keyPath = store.keyPathArray ?? store.keyPath ?? null;
          const box = opening.result.createObjectStore(store.name, { keyPath, autoIncrement: store.autoIncrement });
          for (const index of store.indexes) box.createIndex(index.name, index.keyPathArray ?? index.keyPath, index);
          for (const record of store.records) box.add(record.value, record.key);
        }
      };
      opening.onsuccess = () => opening.result.close();
      // A page that has a newer one keeps it.
      opening.onerror = (event) => event.preventDefault();
    }
  } catch {
    // Storage is full, or not allowed here: the page goes on as on a new device.
  }
})
