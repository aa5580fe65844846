// The row of drawings of one photo, to compare them; the one that is shown is marked.

import { copy, find } from "./markup.js";
import { showFace, sized } from "./pictures.js";

export function createStrip({ onChoose }) {
  const root = find("strip");
  const list = find("drawings");
  let revealed = null;

  return {
    hide() {
      root.hidden = true;
      list.replaceChildren();
    },

    /** @param work the drawing that is on its way, if there is one */
    show(cartoons, { chosen, nameStyle, work }) {
      root.hidden = false;
      const before = list.querySelector(".pending");
      before?.remove();
      while (list.children.length > cartoons.length) list.lastElementChild.remove();
      cartoons.forEach((cartoon, index) => {
        const tile = list.children[index] ?? list.appendChild(copy("drawing-tile"));
        fill(tile, cartoon, `Drawing ${index + 1}, ${nameStyle(cartoon.style)}`, cartoon.id === chosen);
        if (cartoon.id === chosen && chosen !== revealed) reveal(tile);
      });
      revealed = chosen;
      if (!work) return;
      const pending = before ?? copy("pending-tile");
      if (work.share !== null) pending.firstElementChild.value = work.share;
      list.append(pending);
      if (!before) reveal(pending);
    },
  };

  /** Move the row, and never the page, so far that a tile is seen. */
  function reveal({ offsetLeft, offsetWidth }) {
    const isSeen = offsetLeft >= list.scrollLeft && offsetLeft + offsetWidth <= list.scrollLeft + list.clientWidth;
    if (!isSeen) list.scrollLeft = offsetLeft - (list.clientWidth - offsetWidth) / 2;
  }

  function fill(tile, cartoon, name, isChosen) {
    const button = tile.firstElementChild;
    const [picture, label] = button.children;
    if (button.dataset.cartoon !== cartoon.id) {
      button.dataset.cartoon = cartoon.id;
      showFace(picture, cartoon.faces);
      // The one that is shown large is here already.
      picture.src = isChosen ? cartoon.imageUrl : sized(cartoon.imageUrl, 160);
    }
    label.textContent = name;
    button.title = name;
    button.setAttribute("aria-pressed", String(isChosen));
    button.onclick = () => onChoose(cartoon.id);
  }
}
