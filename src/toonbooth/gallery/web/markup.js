// The pieces of index.html: found by id, copied from its templates. No HTML is ever made from strings.

export function find(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`index.html has no #${id}`);
  return element;
}

/** A copy of a template that holds one element. */
export function copy(templateId) {
  return document.importNode(find(templateId).content, true).firstElementChild;
}

/** A copy of everything in a template. */
export function copyAll(templateId) {
  return document.importNode(find(templateId).content, true);
}

/** A button for a row of them. */
export function makeButton(text, act) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button small";
  button.textContent = text;
  button.addEventListener("click", act);
  return button;
}

/** "25 November, 21:04", in the words of the reader's language. */
export function formatMoment(moment) {
  return new Date(moment).toLocaleString(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
}
