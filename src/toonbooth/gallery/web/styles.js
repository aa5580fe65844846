// The ways of drawing, chosen by their pictures; none chosen leaves it to the gallery.

import { listStyles } from "./api.js";
import { copy, find } from "./markup.js";

const ANY = { name: "", title: "Surprise me", line: "Whatever comes next; each one is different." };

export function createStylePicker({ onChange }) {
  const root = find("styles");
  const cards = find("style-cards");
  let styles = [];

  root.addEventListener("change", () => {
    describe();
    onChange();
  });

  function describe() {
    find("style-line").textContent = [ANY, ...styles].find(({ name }) => name === chosen())?.line ?? "";
  }

  function chosen() {
    return cards.querySelector("input:checked")?.value ?? "";
  }

  return {
    /** Get the list; an AI server of someone else may have none, and then there is nothing to choose. */
    async load() {
      styles = await listStyles().catch(() => []);
      cards.replaceChildren(...(styles.length ? [makeCard(ANY), ...styles.map(makeCard)] : []));
      find("prints").replaceChildren(...choosePrints(styles).map(makePrint));
      describe();
    },

    /** @param title what the choice is for */
    show(title) {
      root.hidden = styles.length === 0;
      find("styles-title").textContent = title;
    },

    hide() {
      root.hidden = true;
    },

    /** What was chosen, as the fields of a request. */
    get fields() {
      return chosen() ? { style: chosen() } : {};
    },

    nameStyle(name) {
      return styles.find((style) => style.name === name)?.title ?? "Drawing";
    },
  };
}

/** Three that differ: the first, the last, and one between. */
function choosePrints(styles) {
  const shown = styles.filter(({ previewUrl }) => previewUrl);
  if (shown.length < 3) return [];
  return [shown[0], shown.at(-2), shown.at(-1)];
}

function makePrint({ previewUrl }) {
  const picture = new Image();
  picture.src = previewUrl;
  picture.alt = "";
  return picture;
}

function makeCard({ name, title, previewUrl }) {
  const card = copy("style-card");
  const input = card.querySelector("input");
  const place = card.querySelector(".card-picture");
  input.value = name;
  input.checked = name === ANY.name;
  card.querySelector(".card-title").textContent = title;
  if (previewUrl) place.firstElementChild.src = previewUrl;
  else if (name === ANY.name) place.replaceChildren(copy("icon-of-any"));
  else place.replaceChildren(title[0]);
  return card;
}
