// The photos of this device, newest first; each opens in the booth.

import { deleteOriginal, listOriginals } from "./api.js";
import { forgetDrawings } from "./drawings.js";
import { createGrid, PAGE_SIZE } from "./grid.js";
import { find, formatMoment } from "./markup.js";
import { thumbnailOf } from "./pictures.js";

const ERASURE = {
  act: async (id) => {
    await deleteOriginal(id);
    forgetDrawings(id);
  },
  question: { title: "Delete this photo?", line: "Its drawings and the faces that were cut from them are deleted too, for good." },
};

export function createPhotos() {
  return createGrid(find("photos"), { name: "photos", load, fill, erasure: ERASURE, nothing: "No photos yet." });
}

async function load(page) {
  const [entries, pages] = await Promise.all([listOriginals({ page, limit: PAGE_SIZE }), countPages(page)]);
  return { entries, pages };
}

/** The guide's list doesn't tell its length: whether there is one more is asked as a page of one. */
async function countPages(page) {
  const following = await listOriginals({ page: page * PAGE_SIZE + 1, limit: 1 });
  return following.length ? page + 1 : page;
}

function fill(tile, original) {
  const link = tile.querySelector("a");
  link.href = `#/photo/${original.id}`;
  link.firstElementChild.src = thumbnailOf(original);
  link.firstElementChild.alt = `Photo of ${formatMoment(original.createdAt)}`;
}
