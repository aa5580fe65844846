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

  const move = (percent, { slowly = false } = {}) => {
    frame.classList.toggle("sliding", slowly);
    slider.value = percent;
    frame.style.setProperty("--at", `${percent}%`);
    slider.setAttribute("aria-valuetext", `${percent} % photo, ${100 - percent} % drawing`);
  };
  slider.addEventListener("input", () => move(Number(slider.value)));
  for (const side of sides) side.addEventListener("click", () => move(Number(side.dataset.side), { slowly: true }));

  photo.addEventListener("load", () => takeRatio(photo));
  photo.addEventListener("error", () => (find("unseen").hidden = !photo.hasAttribute("src") || !drawing.hidden));
  drawing.addEventListener("load", () => takeRatio(drawing));

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
      door.hidden = false;
      frame.hidden = true;
      for (const picture of [photo, sketching, drawing]) picture.removeAttribute("src");
    },

    /** Nothing yet, in the place where it will be. */
    showNothing() {
      door.hidden = true;
      frame.hidden = true;
    },

    /** The photo alone; a preview of the drawing over it as soon as there is one. */
    showPhoto(source, previewUrl = null) {
      door.hidden = true;
      frame.hidden = false;
      find("unseen").hidden = true;
      drawing.hidden = true;
      drawing.removeAttribute("src");
      setComparable(false);
      show(photo, source);
      if (previewUrl) show(sketching, previewUrl);
      else sketching.hidden = true;
    },

    /** A drawing beside its photo; the first one of a photo is unveiled. */
    async showDrawing(photoUrl, source, { alt, unveil }) {
      door.hidden = true;
      frame.hidden = false;
      find("unseen").hidden = true;
      show(photo, photoUrl);
      drawing.alt = alt;
      const isNew = drawing.getAttribute("src") !== source;
      if (isNew) await preload(source);
      show(drawing, source);
      sketching.hidden = true;
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
