// Who this browser is: an id made on first use and kept. It is the only credential, so it never leaves but
// in the `x-device-id` header, and in a link that the user copies (behind `#`, which no server sees).

const STORED = "toonbooth.device";
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

let unstored = null; // where storage is refused, the id lives as long as the page

export function readDevice() {
  const kept = readStored();
  if (kept) return kept;
  unstored ??= makeUuid();
  keep(unstored);
  return unstored;
}

/** Become another device. */
export function becomeDevice(id) {
  unstored = id.toLowerCase();
  keep(unstored);
}

/** The id in what a person typed or pasted, the link of another browser included; null when there is none. */
export function findDeviceId(text) {
  const id = text.trim().replace(/^.*#\/device\//, "");
  return UUID.test(id) ? id.toLowerCase() : null;
}

export function makeDeviceLink() {
  return `${location.origin}${location.pathname}#/device/${readDevice()}`;
}

/** Calls back when another tab has become another device. */
export function onDeviceChange(callback) {
  addEventListener("storage", (event) => {
    if (event.key === STORED && event.newValue) callback();
  });
}

/** A random UUID. `crypto.randomUUID` is missing where a phone opens the page over plain HTTP. */
export function makeUuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function readStored() {
  try {
    const id = localStorage.getItem(STORED) ?? "";
    return UUID.test(id) ? id : null;
  } catch {
    return unstored;
  }
}

function keep(id) {
  try {
    localStorage.setItem(STORED, id);
  } catch {
    // A browser that keeps nothing: the page works until it is closed.
  }
}
