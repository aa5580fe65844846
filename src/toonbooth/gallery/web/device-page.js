// The device's own place: its id, how to take it to another browser, and what can be done with all it has.

import { deleteDevice, exportDevice } from "./api.js";
import { ask } from "./ask.js";
import { becomeDevice, findDeviceId, makeDeviceLink, makeUuid, readDevice } from "./device.js";
import { describe } from "./errors.js";
import { find } from "./markup.js";
import { toast } from "./news.js";
import { forgetAll } from "./outbox.js";
import { tellTabs } from "./tabs.js";

/** @param onChange called when this browser has become another device */
export function createDevicePage({ onChange }) {
  const place = find("device-id");
  const showButton = find("device-show");
  const field = find("device-other");
  const problem = find("device-problem");

  showButton.addEventListener("click", () => reveal(showButton.getAttribute("aria-pressed") !== "true"));
  find("device-copy").addEventListener("click", () => copyText(readDevice(), "The id is copied."));
  find("device-link").addEventListener("click", () => copyText(makeDeviceLink(), "The link is copied. Open it in the other browser."));
  find("device-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const id = findDeviceId(field.value);
    problem.textContent = id ? "" : "That is not a device id. It looks like 123e4567-e89b-42d3-a456-426614174000.";
    field.setAttribute("aria-invalid", String(!id));
    if (id) change(id);
    else field.focus();
  });

  find("device-export").addEventListener("click", ({ target }) => whileBusy(target, saveEverything));
  find("device-erase").addEventListener("click", ({ target }) => whileBusy(target, eraseEverything));

  async function saveEverything() {
    const archive = await exportDevice();
    const link = document.createElement("a");
    link.href = URL.createObjectURL(archive);
    link.download = "toonbooth-export.zip";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    toast("Everything is in toonbooth-export.zip.");
  }

  async function eraseEverything() {
    const agreed = await ask({
      title: "Erase everything?",
      line: "All photos, drawings and faces of this device are deleted for good, in every browser that shares its id.",
      yes: "Erase everything",
    });
    if (!agreed) return;
    await deleteDevice();
    await forgetAll();
    becomeDevice(makeUuid());
    tellTabs("everything");
    onChange();
    toast("Everything is erased. This browser has a new id.");
  }

  function reveal(isShown) {
    const id = readDevice();
    showButton.setAttribute("aria-pressed", String(isShown));
    showButton.textContent = isShown ? "Hide" : "Show";
    place.textContent = isShown ? id : `${id.slice(0, 4)}${"•".repeat(8)}`;
  }

  async function change(id) {
    if (id === readDevice()) {
      toast("This browser already is that device.");
      return;
    }
    const agreed = await ask({
      title: "Become another device?",
      line: "This browser then shows that device's pictures. Copy the id it has now if you want to come back to its own.",
      yes: "Use the other id",
    });
    if (!agreed) return;
    becomeDevice(id);
    field.value = "";
    onChange();
    toast("This browser has become the other device.");
  }

  return {
    show(detail) {
      problem.textContent = "";
      field.removeAttribute("aria-invalid");
      reveal(false);
      const offered = findDeviceId(detail);
      if (!detail) return;
      // The id must not stay in the address bar and the history.
      history.replaceState(null, "", "#/device");
      if (offered) change(offered);
    },
  };
}

/** Do something that takes a moment, once at a time; a failure is told and leaves everything as it was. */
async function whileBusy(button, act) {
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  try {
    await act();
  } catch (failure) {
    toast(describe(failure));
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

/** The clipboard is for secure pages only; a phone on plain HTTP gets the older way. */
async function copyText(text, sentence) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "vanished";
    document.body.append(field);
    field.select();
    const isCopied = document.execCommand("copy");
    field.remove();
    if (!isCopied) return toast("This browser does not let pages copy. Show the id and copy it by hand.");
  }
  return toast(sentence);
}
