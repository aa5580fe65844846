// The faces that were kept, newest first.

import { deleteFace, listFaces } from "./api.js";
import { addAction, createGrid, PAGE_SIZE } from "./grid.js";
import { find, formatMoment } from "./markup.js";
import { nameFile, thumbnailOf, unredirected } from "./pictures.js";

const ERASURE = {
  act: deleteFace,
  question: { title: "Delete this face?", line: "It is deleted for good. The photo that it comes from stays." },
};

export function createFaces() {
  return createGrid(find("faces"), { name: "faces", load, fill, erasure: ERASURE, nothing: "No faces yet. Keep one from a drawing that you like." });
}

async function load(page) {
  const { downloadedFaces, pagination } = await listFaces({ page, limit: PAGE_SIZE });
  return { entries: downloadedFaces, pages: pagination.pages };
}

function fill(tile, face) {
  const name = `Face of ${formatMoment(face.createdAt)}`;
  const link = tile.querySelector("a");
  tile.classList.add("cut");
  link.href = `#/face/${face.id}`;
  link.firstElementChild.src = thumbnailOf(face);
  link.firstElementChild.alt = name;
  const save = addAction(tile, "tile-save", `Save ${name}`);
  save.href = unredirected(face.faceUrl);
  save.download = nameFile(face.faceUrl, face.createdAt);
}
