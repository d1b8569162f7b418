// What an origin has stored, in the form of Playwright's storage state; null if some of it is no JSON.
async () => {
  const done = (asked) => new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  const isPlain = (value) =>
    value === null || ["string", "boolean"].includes(typeof value) || (Number.isFinite(value) && !Object.is(value, -0)) ||
    (Array.isArray(value) && Object.keys(value).length === value.length && value.every(isPlain)) ||
    (value?.constructor === Object && Object.values(value).every(isPlain));
  const paths = (path) => (Array.isArray(path) ? { keyPathArray: path } : typeof path === "string" ? { keyPath: path } : {});
  let isAllPlain = true;
  const readStore = async (box) => {
    const [keys, values] = await Promise.all([done(box.getAllKeys()), done(box.getAll())]);
    isAllPlain &&= values.every(isPlain) && (box.keyPath !== null || keys.every(isPlain));
    return {
      name: box.name,
      autoIncrement: box.autoIncrement,
      ...paths(box.keyPath),
      records: values.map((value, place) => (box.keyPath === null ? { key: keys[place], value } : { value })),
      indexes: [...box.indexNames].map((name) => {
        const { keyPath, multiEntry, unique } = box.index(name);
        return { name, ...paths(keyPath), multiEntry, unique };
      }),
    };
  };
  const readDatabase = async ({ name, version }) => {
    const database = await done(indexedDB.open(name));
    try {
      const names = [...database.objectStoreNames];
      const reading = names.length ? database.transaction(names) : null;
      return { name, version, stores: await Promise.all(names.map((store) => readStore(reading.objectStore(store)))) };
    } finally {
      database.close();
    }
  };
  const found = {
    localStorage: Object.entries(localStorage).map(([name, value]) => ({ name, value })),
    indexedDB: await Promise.all((await indexedDB.databases()).map(readDatabase)),
  };
  return isAllPlain ? found : null;
}
