// Which place of the page is shown: `#/`, `#/photo/ID`, `#/photos/2`, `#/faces`, `#/face/ID`, `#/device`.

const places = new Map();
let current = null;

/**
 * Name a place.
 * @param show called with what follows the name in the address, each time the place is gone to
 */
export function addPlace(name, { root, tab, title, show }) {
  places.set(name, { root, tab, title, show });
}

export function startRouter() {
  addEventListener("hashchange", () => follow({ isFirst: false }));
  follow({ isFirst: true });
}

/** Go somewhere at once. */
export function goTo(hash) {
  history.pushState(null, "", hash);
  follow({ isFirst: false });
}

/** The same without a step in the history. */
export function replacePlace(hash) {
  history.replaceState(null, "", hash);
  follow({ isFirst: false });
}

/** Whether this place is shown. */
export function isAt(name, detail = "") {
  return current?.name === name && current.detail === detail;
}

/** Show the current place anew. */
export function refreshPlace() {
  if (current) current.place.show(current.detail);
}

function follow({ isFirst }) {
  const [, name, detail = ""] = /^#\/([a-z]*)\/?(.*)$/.exec(location.hash) ?? [null, ""];
  const known = places.has(name) ? name : "";
  if (location.hash && !location.hash.startsWith("#/")) return; // the skip link
  const place = places.get(known);
  if (current && current.place.root !== place.root) current.place.root.hidden = true;
  document.querySelector("dialog[open]")?.close(); // "back" leaves what was asked as well
  current = { name: known, detail, place };
  place.root.hidden = false;
  document.title = place.title ? `${place.title} · Toonbooth` : "Toonbooth";
  for (const link of document.querySelectorAll("[data-place]")) {
    if (link.dataset.place === place.tab) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  place.show(detail);
  if (isFirst) return;
  // Whoever reads by ear or keyboard lands on the heading of what is new.
  scrollTo(0, 0);
  place.root.querySelector("h1").focus({ preventScroll: true });
}
