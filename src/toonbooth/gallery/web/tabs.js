// Tells the other tabs of this browser that something has changed, so that none shows what is gone.

const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("toonbooth") : null;

export function tellTabs(what) {
  channel?.postMessage(what);
}

/** Calls back with what has changed: "pictures", or "everything" after an erasure. */
export function onTabs(callback) {
  channel?.addEventListener("message", (event) => callback(event.data));
}
