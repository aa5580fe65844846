// One sentence about what went wrong, and the ways on.

import { describe } from "./errors.js";
import { makeButton } from "./markup.js";

/** @param root holds a paragraph for the sentence and a row for the ways */
export function createNotice(root) {
  const line = root.querySelector("p");
  const row = root.querySelector(".row");

  return {
    hide() {
      root.hidden = true;
    },

    /** @param ways `[text, act]` pairs, the likeliest first */
    show(failure, ways) {
      const sentence = typeof failure === "string" ? failure : describe(failure);
      row.replaceChildren(...ways.map(([text, act]) => makeButton(text, act)));
      if (root.hidden || line.textContent !== sentence) {
        line.textContent = sentence;
        root.hidden = false;
        // On a small screen it may stand below what is seen; what asks for nothing can wait there.
        if (ways.length) root.scrollIntoView({ block: "nearest" });
      }
    },
  };
}
