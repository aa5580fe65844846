// A grid of pictures in pages: the photos, and the faces.

import { erase } from "./erasing.js";
import { copy, copyAll, formatMoment } from "./markup.js";
import { announce } from "./news.js";
import { createNotice } from "./notice.js";

export const PAGE_SIZE = 24;

/**
 * @param options.load page number -> `{entries, pages}`
 * @param options.fill called with a tile and its entry, to say where it leads and what can be done with it
 * @param options.erasure `{act, question}`: how an entry is deleted, and what is asked before
 * @param options.nothing the sentence where there is nothing
 * @param options.name the part of the address before the page number; the icon is called the same
 */
export function createGrid(root, { load, fill, erasure, nothing, name }) {
  const place = root.querySelector(".grid-place");
  place.append(copyAll("grid"));
  const notice = createNotice(place.querySelector(".notice"));
  const list = place.querySelector(".grid");
  const empty = place.querySelector(".nothing");
  const pager = place.querySelector(".pager");
  empty.querySelector("p").textContent = nothing;
  empty.querySelector("use").setAttribute("href", `#icon-${name}`);
  pager.setAttribute("aria-label", "Pages");
  let page = 1;

  pager.addEventListener("click", ({ target }) => {
    const step = Number(target.closest("[data-step]")?.dataset.step ?? 0);
    if (step) location.hash = `#/${name}/${page + step}`;
  });

  async function show(detail) {
    page = Math.max(1, Number.parseInt(detail, 10) || 1);
    const asked = page;
    list.setAttribute("aria-busy", "true");
    let loaded;
    try {
      loaded = await load(page);
    } catch (failure) {
      notice.show(failure, [["Try again", () => show(page)]]);
      empty.hidden = true; // nobody knows
      list.setAttribute("aria-busy", "false");
      return;
    }
    if (asked !== page) return;
    if (loaded.entries.length === 0 && page > 1 && loaded.pages > 0) {
      location.hash = `#/${name}/${loaded.pages}`;
      return;
    }
    render(loaded);
  }

  function render({ entries, pages }) {
    notice.hide();
    list.setAttribute("aria-busy", "false");
    list.replaceChildren(...entries.map(makeTile));
    list.hidden = entries.length === 0;
    empty.hidden = entries.length > 0;
    pager.hidden = pages < 2;
    const [newer, older] = pager.querySelectorAll("button");
    newer.disabled = page <= 1;
    older.disabled = page >= pages;
    pager.querySelector("p").textContent = `${page} of ${pages}`;
    if (pages > 1) announce(`Page ${page} of ${pages}`);
  }

  function makeTile(entry) {
    const tile = copy("grid-tile");
    const time = tile.querySelector("time");
    time.dateTime = entry.createdAt;
    time.textContent = formatMoment(entry.createdAt);
    fill(tile, entry);
    const name = tile.querySelector("img").alt;
    addAction(tile, "tile-delete", `Delete: ${name}`).addEventListener("click", () => remove(tile, entry));
    return tile;
  }

  async function remove(tile, entry) {
    const place = [...list.children].indexOf(tile);
    if (!(await erase(erasure.question, () => erasure.act(entry.id)))) return;
    await show(page);
    // Focus stays where it was: on the picture that has moved up, or on the heading.
    const next = list.children[Math.min(place, list.children.length - 1)];
    (next?.querySelector("a") ?? root.querySelector("h1")).focus();
  }

  return { show };
}

/** Give a tile a small button or link out of the templates. */
export function addAction(tile, templateId, label) {
  const action = copy(templateId);
  action.setAttribute("aria-label", label);
  action.title = label;
  tile.querySelector(".tile-actions").append(action);
  return action;
}
