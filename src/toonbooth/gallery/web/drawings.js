// What is known of each photo: where it is, and its drawings until a face is kept.

import { listAllOriginals, listCartoons } from "./api.js";
import { ApiError } from "./errors.js";

const SHOWN_EVERYWHERE = ["image/jpeg", "image/png", "image/webp"];

const known = new Map();

/** `{id, photoUrl, cartoons}` of an original, from memory or from the gallery. */
export async function loadDrawings(originalId) {
  const remembered = known.get(originalId);
  if (remembered) return remembered;
  const [originals, cartoons] = await Promise.all([listAllOriginals(), listCartoons(originalId)]);
  const original = originals.find(({ id }) => id === originalId);
  if (!original) throw new ApiError("This photo is not here. It may have been deleted.", { status: 404, code: "original_not_found" });
  return learnDrawings(original, cartoons.reverse());
}

/** Take down an original and its drawings; `photo` is the file, when it has just come from here. */
export function learnDrawings(original, cartoons, photo = null) {
  const isShown = photo && SHOWN_EVERYWHERE.includes(photo.type); // the gallery has a JPEG of the others
  const entry = { id: original.id, photoUrl: isShown ? URL.createObjectURL(photo) : original.imageUrl, cartoons };
  known.set(original.id, entry);
  return entry;
}

/** Ask again which drawings there are: another tab may have drawn, deleted or kept. */
export async function refreshDrawings(originalId) {
  const entry = known.get(originalId);
  if (entry) entry.cartoons = (await listCartoons(originalId)).reverse();
}

export function removeDrawing(originalId, cartoonId) {
  const entry = known.get(originalId);
  if (entry) entry.cartoons = entry.cartoons.filter(({ id }) => id !== cartoonId);
}

export function addDrawing(originalId, cartoon) {
  const entry = known.get(originalId);
  if (entry && !entry.cartoons.some(({ id }) => id === cartoon.id)) entry.cartoons.push(cartoon);
}

/** After a face was kept its cartoons are gone; after an erasure everything is. */
export function forgetDrawings(originalId = null) {
  if (originalId === null) known.clear();
  else known.delete(originalId);
}
