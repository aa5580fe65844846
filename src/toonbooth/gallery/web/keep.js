// Keeping a face: whose, in which shape and file. All drawings of the photo are gone afterwards.

import { describe } from "./errors.js";
import { copy, find } from "./markup.js";
import { findLargest } from "./pictures.js";
import { begin, onWork } from "./work.js";

const MARGIN = 0.35; // around a face in its little picture, as a share of its height

export function createKeepDialog() {
  const dialog = find("keep");
  const form = find("keep-form");
  const button = find("keep-cut");
  let originalId = null;
  let cartoon = null;
  let work = null;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (work && !work.isOver) return;
    work = begin({ kind: "download", path: `api/download/${cartoon.id}`, fields: readFields(form), about: originalId });
    render();
  });
  find("keep-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  onWork((news) => news === work && render());

  function render() {
    const isBusy = work !== null && !work.isOver;
    button.setAttribute("aria-disabled", String(isBusy));
    button.classList.toggle("busy", isBusy);
    button.textContent = isBusy ? "Cutting it out" : "Cut it out";
    find("keep-problem").textContent = work?.failure ? tell(work) : "";
    if (work?.phase === "done") dialog.close();
  }

  return {
    open(original, chosen, drawings) {
      [originalId, cartoon, work] = [original, chosen, null];
      showPeople(chosen);
      find("keep-cost").textContent =
        drawings > 1 ? `The photo stays; its ${drawings} drawings are deleted.` : "The photo stays; the drawing is deleted.";
      render();
      dialog.showModal();
    },
  };
}

function tell(work) {
  if (work.phase === "waiting") return `${describe(work.failure)} It goes on by itself.`;
  if (work.failure.code === "no_face_found") return "No face was found in this drawing. Nothing is deleted; another drawing may do.";
  return describe(work.failure);
}

function readFields(form) {
  const chosen = new FormData(form);
  const fields = { shape: chosen.get("shape"), format: chosen.get("format") };
  if (chosen.has("face")) fields.face = Number(chosen.get("face"));
  if (chosen.get("size")) fields.size = Number(chosen.get("size"));
  for (const wish of ["sticker", "level"]) if (chosen.has(wish)) fields[wish] = true;
  return fields;
}

/** With several people in the picture: each one's face, the largest chosen. */
function showPeople({ faces, imageUrl }) {
  const people = faces ?? [];
  find("keep-people").hidden = people.length < 2;
  const cards = find("keep-people-cards");
  cards.replaceChildren();
  if (people.length < 2) return;
  const largest = findLargest(people);
  people.forEach((face, index) => {
    const card = copy("person-card");
    const input = card.querySelector("input");
    input.value = index;
    input.checked = face === largest;
    card.querySelector(".card-title").textContent = nameOf(index, people.length);
    crop(card.querySelector("img"), imageUrl, face.box); // which is shown behind, so it is here already
    cards.append(card);
  });
}

function nameOf(index, count) {
  if (count === 2) return ["Left", "Right"][index];
  return `${index + 1} from left`;
}

/** Show of a picture only a square around a face. */
function crop(picture, source, [x, y, width, height]) {
  picture.src = source;
  picture.addEventListener("load", () => {
    const { naturalWidth, naturalHeight } = picture;
    const side = height * naturalHeight * (1 + 2 * MARGIN);
    const left = (x + width / 2) * naturalWidth - side / 2;
    const top = (y + height / 2) * naturalHeight - side / 2;
    picture.style.width = `${(naturalWidth / side) * 100}%`;
    picture.style.left = `${(-left / side) * 100}%`;
    picture.style.top = `${(-top / side) * 100}%`;
  });
}
