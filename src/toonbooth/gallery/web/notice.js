// One sentence about what went wrong, and the ways on.

import { describe } from "./errors.js";
import { find, makeButton } from "./markup.js";

export function createNotice() {
  const root = find("notice");

  return {
    hide() {
      root.hidden = true;
    },

    /** @param ways `[text, act]` pairs, the likeliest first */
    show(failure, ways) {
      const sentence = typeof failure === "string" ? failure : describe(failure);
      find("notice-actions").replaceChildren(...ways.map(([text, act]) => makeButton(text, act)));
      if (root.hidden || find("notice-line").textContent !== sentence) {
        find("notice-line").textContent = sentence;
        root.hidden = false;
      }
    },
  };
}
