// One face that was kept: to look at, save and share.

import { listFaces } from "./api.js";
import { describe } from "./errors.js";
import { nameFile } from "./faces.js";
import { find, formatMoment } from "./markup.js";
import { toast } from "./news.js";
import { unredirected } from "./pictures.js";

const SEARCH_SIZE = 100;

export function createFace() {
  const picture = find("face-picture");
  const notice = find("face-notice");
  let shown = null;

  find("face-share").addEventListener("click", async () => {
    const file = await fetchFile(shown);
    await navigator.share({ files: [file] }).catch((failure) => {
      if (failure.name !== "AbortError") toast("This browser could not share it. Save the picture instead.");
    });
  });

  async function show(id) {
    shown = null;
    notice.hidden = true;
    picture.hidden = true;
    find("face-line").textContent = "";
    try {
      const face = await findFace(id);
      if (location.hash === `#/face/${id}`) render(face);
    } catch (failure) {
      notice.hidden = false;
      notice.querySelector("p").textContent = describe(failure);
    }
  }

  function render(face) {
    shown = face;
    if (!face) {
      notice.hidden = false;
      notice.querySelector("p").textContent = "This face is not here any more.";
      return;
    }
    picture.onload = () => {
      picture.parentElement.style.setProperty("--ratio", picture.naturalWidth / picture.naturalHeight);
      picture.hidden = false;
    };
    picture.src = face.faceUrl;
    find("face-line").textContent = `${formatMoment(face.createdAt)}, ${Math.ceil(face.fileSize / 1024)} KB`;
    find("face-save").href = unredirected(face.faceUrl);
    find("face-save").download = nameFile(face);
    find("face-again").href = `#/photo/${face.original.id}`;
    find("face-share").hidden = !canShare();
  }

  return { show };
}

/** The list is in pages and newest first, so a face that was just kept is found at once. */
async function findFace(id) {
  for (let page = 1; ; page += 1) {
    const { downloadedFaces, pagination } = await listFaces({ page, limit: SEARCH_SIZE });
    const face = downloadedFaces.find((entry) => entry.id === id);
    if (face || page >= pagination.pages) return face ?? null;
  }
}

function canShare() {
  const probe = new File([""], "face.png", { type: "image/png" });
  return Boolean(navigator.canShare?.({ files: [probe] }));
}

async function fetchFile(face) {
  const content = await (await fetch(unredirected(face.faceUrl))).blob();
  return new File([content], nameFile(face), { type: content.type });
}
