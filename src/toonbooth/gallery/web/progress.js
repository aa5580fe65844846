// Tells how a piece of work goes: what really happened last, and how much of it that is.

import { describe } from "./errors.js";
import { find } from "./markup.js";
import { announce } from "./news.js";

// A stage says what is done; the person reads what comes next.
const AFTER_STAGE = {
  received: "Opening the photo",
  decoded: "Looking for faces",
  faces_found: "Telling skin from hair",
  skin_and_hair: "Drawing the lines",
  lines: "Finishing",
  encoded: "Putting it away",
  stored: "Done",
};

const CUTTING = "Cutting the face out";

export function createProgress() {
  const root = find("work");
  const bar = find("work-bar");
  let work = null;
  let countdown;
  let said = "";

  find("work-now").addEventListener("click", () => work?.hurry());
  find("work-cancel").addEventListener("click", () => work?.cancel());

  function render() {
    const sentence = tell(work);
    find("work-line").textContent = sentence;
    find("work-share").textContent = work.share === null ? "" : `${Math.round(work.share * 100)} %`;
    if (work.share === null) bar.removeAttribute("value");
    else bar.value = work.share;
    find("work-now").hidden = work.phase !== "waiting";
    root.dataset.phase = work.phase;
    // The countdown is for eyes; ears hear only what is new.
    const news = sentence.replace(/ Next try.*$/, "");
    if (news !== said) announce((said = news));
  }

  return {
    /** Show how `news` goes; null hides it. */
    show(news) {
      clearInterval(countdown);
      work = news;
      root.hidden = !work;
      if (!work) return (said = "");
      if (work.phase === "waiting") countdown = setInterval(render, 1000);
      return render();
    },
  };
}

function tell(work) {
  switch (work.phase) {
    case "sending":
      if (work.kind === "download") return CUTTING;
      return work.photo ? "Sending the photo" : "Asking for another one";
    case "queued":
      return work.queuePosition ? `${work.queuePosition} before you` : "Next in line";
    case "waiting": {
      const seconds = Math.max(0, Math.round((work.wakeAt - Date.now()) / 1000));
      return `${describe(work.failure)} It is tried again by itself; nothing is done twice. Next try in ${seconds} s.`;
    }
    default:
      return work.kind === "download" ? CUTTING : (AFTER_STAGE[work.stage] ?? "Drawing");
  }
}
