// Deletes one thing after asking, and tells everyone.

import { ask } from "./ask.js";
import { describe } from "./errors.js";
import { toast } from "./news.js";
import { tellTabs } from "./tabs.js";

/** Resolves to whether it is gone. `question`: `{title, line}`; `act` deletes it at the gallery. */
export async function erase(question, act) {
  if (!(await ask({ ...question, yes: "Delete it" }))) return false;
  try {
    await act();
  } catch (failure) {
    // What is gone already is what was wanted.
    if (failure.status !== 404) {
      toast(describe(failure));
      return false;
    }
  }
  tellTabs("pictures");
  toast("Deleted.");
  return true;
}
