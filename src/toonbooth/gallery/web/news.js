// Says what has happened: to ears alone, or for a moment to eyes as well.

import { find } from "./markup.js";

const SHOWN_MS = 5000;
let fading;

/** For a screen reader, when it next has time. */
export function announce(sentence) {
  const region = find("news");
  // The same sentence twice is said twice only when the region was empty between.
  region.textContent = "";
  setTimeout(() => (region.textContent = sentence), 50);
}

/** For everyone, for a moment. */
export function toast(sentence, { href, title } = {}) {
  const place = find("toast");
  place.replaceChildren(sentence);
  if (href) {
    const link = document.createElement("a");
    link.href = href;
    link.textContent = title;
    place.append(" ", link);
  }
  place.classList.add("shown");
  clearTimeout(fading);
  fading = setTimeout(() => place.classList.remove("shown"), href ? 2 * SHOWN_MS : SHOWN_MS);
}
