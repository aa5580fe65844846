// Asks before something cannot be undone.

import { find } from "./markup.js";

/** Resolves to whether the person agrees; Escape is a no. */
export function ask({ title, line, yes }) {
  const dialog = find("ask");
  find("ask-title").textContent = title;
  find("ask-line").textContent = line;
  find("ask-yes").textContent = yes;
  dialog.returnValue = "";
  dialog.showModal();
  find("ask-no").focus();
  return new Promise((resolve) => {
    find("ask-yes").onclick = () => dialog.close("yes");
    find("ask-no").onclick = () => dialog.close();
    dialog.onclose = () => resolve(dialog.returnValue === "yes");
  });
}
