// The row of drawings of one photo, to compare them; the one that is shown is marked.

import { copy, find } from "./markup.js";
import { showFace, sized } from "./pictures.js";

export function createStrip({ onChoose }) {
  const root = find("strip");
  const list = find("drawings");

  return {
    hide() {
      root.hidden = true;
      list.replaceChildren();
    },

    /** @param work the drawing that is on its way, if there is one */
    show(cartoons, { chosen, nameStyle, work }) {
      root.hidden = false;
      while (list.children.length > cartoons.length) list.lastElementChild.remove();
      list.querySelector(".pending")?.remove();
      cartoons.forEach((cartoon, index) => {
        const tile = list.children[index] ?? list.appendChild(copy("drawing-tile"));
        fill(tile, cartoon, `Drawing ${index + 1}, ${nameStyle(cartoon.style)}`, cartoon.id === chosen);
      });
      if (!work) return;
      const pending = copy("pending-tile");
      if (work.share !== null) pending.firstElementChild.value = work.share;
      list.append(pending);
      pending.scrollIntoView({ block: "nearest", inline: "nearest" });
    },
  };

  function fill(tile, cartoon, name, isChosen) {
    const button = tile.firstElementChild;
    const [picture, label] = button.children;
    const source = sized(cartoon.imageUrl, 160);
    if (picture.getAttribute("src") !== source) {
      showFace(picture, cartoon.faces);
      picture.src = source;
    }
    label.textContent = name;
    button.title = name;
    button.setAttribute("aria-pressed", String(isChosen));
    button.onclick = () => onChoose(cartoon.id);
  }
}
