// One face that was kept: to look at, save and share.

import { listFaces } from "./api.js";
import { find, formatMoment } from "./markup.js";
import { toast } from "./news.js";
import { createNotice } from "./notice.js";
import { endingOf, nameFile, unredirected } from "./pictures.js";

const SEARCH_SIZE = 100;

export function createFace() {
  const picture = find("face-picture");
  const notice = createNotice(find("face-notice"));
  let shown = null;

  find("face-share").addEventListener("click", async () => {
    const file = await fetchFile(shown);
    await navigator.share({ files: [file] }).catch((failure) => {
      if (failure.name !== "AbortError") toast("This browser could not share it. Save the picture instead.");
    });
  });

  async function show(id) {
    shown = null;
    notice.hide();
    picture.hidden = true;
    say("Kept", "");
    setThere(true);
    try {
      const face = await findFace(id);
      if (location.hash === `#/face/${id}`) render(face);
    } catch (failure) {
      setThere(false);
      notice.show(failure, [["Try again", () => show(id)]]);
    }
  }

  function say(title, line) {
    find("face-title").textContent = title;
    find("face-line").textContent = line;
  }

  function setThere(isThere) {
    find("face").dataset.state = isThere ? "there" : "gone";
    find("face-actions").hidden = !isThere;
  }

  function render(face) {
    shown = face;
    if (!face) {
      say("Nothing here", "");
      setThere(false);
      notice.show("This face is not here. It may have been deleted.", [["Look at your faces", () => (location.hash = "#/faces")]]);
      return;
    }
    picture.onload = () => {
      picture.parentElement.style.setProperty("--ratio", picture.naturalWidth / picture.naturalHeight);
      picture.hidden = false;
    };
    picture.src = face.faceUrl;
    say("Kept", `${nameKind(face)}, ${Math.ceil(face.fileSize / 1024)} KB, ${formatMoment(face.createdAt)}`);
    find("face-save").href = unredirected(face.faceUrl);
    find("face-save").download = nameFile(face.faceUrl, face.createdAt);
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

function nameKind({ faceUrl }) {
  return { jpg: "JPEG", png: "PNG", webp: "WebP" }[endingOf(faceUrl)];
}

function canShare() {
  const probe = new File([""], "face.png", { type: "image/png" });
  return Boolean(navigator.canShare?.({ files: [probe] }));
}

async function fetchFile(face) {
  const content = await (await fetch(unredirected(face.faceUrl))).blob();
  return new File([content], nameFile(face.faceUrl, face.createdAt), { type: content.type });
}
