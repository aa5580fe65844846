// What was asked for and isn't answered yet, photo and key included, kept where a reload doesn't reach it.

const DATABASE = "toonbooth";
const STORE = "intentions";
const KEPT_MS = 24 * 3600 * 1000; // as long as the gallery remembers a key

let opening = null;

/**
 * An intention: `{key, device, kind, path, fields, photo, about, createdAt, job}`. `about` is the id that it
 * concerns; `job` the address of the gallery's job for it, once it has one.
 */
export async function remember(intention) {
  await run("readwrite", (store) => store.put(intention));
}

export async function forget(key) {
  await run("readwrite", (store) => store.delete(key));
}

export async function forgetAll() {
  await run("readwrite", (store) => store.clear());
}

/** The device's unanswered intentions, oldest first; those that are too old are dropped. */
export async function recall(device) {
  const all = (await run("readonly", (store) => store.getAll())) ?? [];
  const now = Date.now();
  for (const { key, createdAt } of all) if (now - createdAt > KEPT_MS) await forget(key);
  return all
    .filter((intention) => intention.device === device && now - intention.createdAt <= KEPT_MS)
    .sort((one, other) => one.createdAt - other.createdAt);
}

/** Private windows may refuse a database: then everything works but a reload in the middle. */
async function run(mode, act) {
  try {
    opening ??= open();
    const database = await opening;
    return await finish(act(database.transaction(STORE, mode).objectStore(STORE)));
  } catch (failure) {
    console.warn("the outbox is not available:", failure?.name);
    return null;
  }
}

function open() {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "key" });
  return finish(request);
}

function finish(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
