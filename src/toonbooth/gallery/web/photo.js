// Takes a photo in, whichever way it comes: chosen, taken, dropped, pasted.

import { ApiError } from "./errors.js";
import { find } from "./markup.js";

const MOST_BYTES = 10 * 1024 * 1024; // of the guide
const SMALLER_SIDE = 3000;
const SMALLER_QUALITY = 0.9;

/** Calls back with each photo that comes in. */
export function onPhoto(take) {
  for (const [button, input] of [["choose", "choose-file"], ["camera", "camera-file"]]) {
    find(button).addEventListener("click", () => find(input).click());
    find(input).addEventListener("change", ({ target }) => {
      const [file] = target.files;
      target.value = ""; // the same photo may be chosen again
      if (file) take(file);
    });
  }
  addEventListener("paste", ({ clipboardData }) => {
    const [file] = clipboardData?.files ?? [];
    if (file) take(file);
  });
  takeDrops(take);
}

/** Why a file need not be sent at all; null when it may be what it should. The gallery judges the rest. */
export function findProblem(file) {
  if (file.type && !file.type.startsWith("image/") && file.type !== "application/octet-stream") {
    return new ApiError("That is not a picture. A photo is a JPEG, PNG, WebP, HEIC or AVIF file.", { status: 400, code: "unsupported_image_type" });
  }
  if (file.size > MOST_BYTES) {
    const megabytes = (file.size / 1024 / 1024).toFixed(1);
    return new ApiError(`That photo has ${megabytes} MB; 10 MB is the most.`, { status: 400, code: "file_too_large" });
  }
  return null;
}

/** The same photo, small enough to be sent; null when this browser cannot read it. */
export async function makeSmaller(file) {
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, SMALLER_SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    return await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", SMALLER_QUALITY));
  } catch {
    return null;
  }
}

function takeDrops(take) {
  const curtain = find("curtain");
  let depth = 0; // dragenter and dragleave come for every element on the way
  const carriesFile = (event) => event.dataTransfer?.types.includes("Files");
  const setDepth = (value) => {
    depth = Math.max(0, value);
    curtain.classList.toggle("shown", depth > 0);
  };
  addEventListener("dragenter", (event) => carriesFile(event) && setDepth(depth + 1));
  addEventListener("dragleave", (event) => carriesFile(event) && setDepth(depth - 1));
  addEventListener("dragover", (event) => carriesFile(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!carriesFile(event)) return;
    event.preventDefault();
    setDepth(0);
    const [file] = event.dataTransfer.files;
    if (file) take(file);
  });
}
