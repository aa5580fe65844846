// The large picture: a photo, the drawing over it, and the line between the two that can be moved.

import { find } from "./markup.js";

const HALF = 50;

export function createStage() {
  const door = find("door");
  const frame = find("frame");
  const photo = find("photo");
  const sketching = find("sketching");
  const drawing = find("drawing");
  const slider = find("compare");
  const sides = frame.querySelectorAll(".side");

  let preview = null; // what the gallery shows of a photo that this browser cannot
  let isUnreadable = false;
  let latest = null; // what was asked to be shown last

  const move = (percent, { slowly = false } = {}) => {
    frame.classList.toggle("sliding", slowly);
    slider.value = percent;
    frame.style.setProperty("--at", `${percent}%`);
    slider.setAttribute("aria-valuetext", `${percent} % photo, ${100 - percent} % drawing`);
  };
  slider.addEventListener("input", () => move(Number(slider.value)));
  for (const side of sides) side.addEventListener("click", () => move(Number(side.dataset.side), { slowly: true }));

  for (const picture of [photo, sketching, drawing]) picture.addEventListener("load", () => takeRatio(picture));
  photo.addEventListener("load", () => showPreview({ isNeeded: false }));
  photo.addEventListener("error", () => showPreview({ isNeeded: photo.hasAttribute("src") && drawing.hidden }));

  function showPreview({ isNeeded = isUnreadable } = {}) {
    isUnreadable = isNeeded;
    if (isNeeded && preview) show(sketching, preview);
    else sketching.hidden = true;
    find("unseen").hidden = !isNeeded || Boolean(preview);
  }

  function takeRatio({ naturalWidth, naturalHeight }) {
    frame.style.setProperty("--ratio", naturalWidth / naturalHeight);
  }

  function show(element, source) {
    if (element.getAttribute("src") !== source) element.src = source;
    element.hidden = false;
  }

  function setComparable(isComparable) {
    slider.hidden = !isComparable;
    frame.classList.toggle("comparable", isComparable);
  }

  return {
    /** The place where photos come in. */
    showDoor() {
      latest = null;
      door.hidden = false;
      frame.hidden = true;
      for (const picture of [photo, sketching, drawing]) picture.removeAttribute("src");
    },

    /** Nothing yet, in the place where it will be. */
    showNothing() {
      latest = null;
      door.hidden = true;
      frame.hidden = true;
    },

    /** The photo alone, or the gallery's small preview of one that this browser cannot show. */
    showPhoto(source, previewUrl = null) {
      latest = source;
      door.hidden = true;
      frame.hidden = false;
      drawing.hidden = true;
      drawing.removeAttribute("src");
      setComparable(false);
      preview = previewUrl;
      if (photo.getAttribute("src") !== source) isUnreadable = false;
      show(photo, source);
      showPreview();
    },

    /** A drawing beside its photo; the first one of a photo is unveiled. */
    async showDrawing(photoUrl, source, { alt, unveil }) {
      latest = source;
      door.hidden = true;
      frame.hidden = false;
      show(photo, photoUrl);
      drawing.alt = alt;
      const isNew = drawing.getAttribute("src") !== source;
      if (isNew) await preload(source);
      if (latest !== source) return; // something else is shown by now
      show(drawing, source);
      showPreview({ isNeeded: false });
      setComparable(true);
      if (!unveil) return;
      move(100);
      requestAnimationFrame(() => requestAnimationFrame(() => move(HALF, { slowly: true })));
    },
  };
}

/** Wait until a picture can be shown at once; one that fails to load shows that in its place. */
function preload(source) {
  const picture = new Image();
  picture.src = source;
  return picture.decode().catch(() => {});
}
