// The booth: a photo comes in, its drawings are compared, one face is kept. What is shown follows from three
// things: which original the address names, what is known of it, and the work that is on its way.

import { deleteCartoon } from "./api.js";
import { addDrawing, forgetDrawings, learnDrawings, loadDrawings, refreshDrawings, removeDrawing } from "./drawings.js";
import { erase } from "./erasing.js";
import { createKeepDialog } from "./keep.js";
import { find } from "./markup.js";
import { announce, toast } from "./news.js";
import { createNotice } from "./notice.js";
import { findProblem, makeSmaller, onPhoto } from "./photo.js";
import { nameFile, sized, unredirected } from "./pictures.js";
import { createProgress } from "./progress.js";
import { goTo, isAt, replacePlace } from "./router.js";
import { createStage } from "./stage.js";
import { createStrip } from "./strip.js";
import { createStylePicker } from "./styles.js";
import { begin, findWork, onWork } from "./work.js";

export function createBooth() {
  const stage = createStage();
  const notice = createNotice(find("notice"));
  const progress = createProgress();
  const keep = createKeepDialog();
  const strip = createStrip({ onChoose: choose });
  const picker = createStylePicker({ onChange: render });

  let originalId = ""; // of the address; "" is the booth before a photo
  let entry = null; // what is known of the original
  let chosenId = null; // the drawing that is shown
  let problem = null; // `{failure, ways}`: what keeps us from going on; `isLost` when there is no photo to go on with
  let unveiled = null; // whose first drawing has been unveiled
  let photoShown = { file: null, url: null };

  onPhoto(take);
  onWork(takeNews);
  find("another").addEventListener("click", drawAgain);
  find("drawing-delete").addEventListener("click", deleteChosen);
  find("keep-open").addEventListener("click", () => keep.open(originalId, getChosen(), entry.cartoons.length));

  async function show(id) {
    [originalId, entry, chosenId, problem] = [id, null, null, null];
    const failed = findWork(({ about, kind, phase }) => phase === "failed" && (id ? about === id : kind === "upload"));
    if (failed) problemOf(failed);
    render();
    if (!id) return;
    try {
      const loaded = await loadDrawings(id);
      if (originalId !== id) return;
      entry = loaded;
      takeChosen();
    } catch (failure) {
      if (originalId !== id) return;
      const tryAgain = failure.status === 404 ? [] : [["Try again", () => show(id)]];
      problem = { failure, ways: [...tryAgain, ["Start with another photo", goToDoor]], isLost: true };
    }
    render();
  }

  function take(file) {
    if (findUpload()) return toast("One photo at a time: the last one is still on its way.");
    goToDoor();
    const failure = findProblem(file);
    if (failure) {
      problem = { failure, ways: waysAfter(failure, file) };
      return render();
    }
    return upload(file);
  }

  function upload(photo) {
    problem = null;
    begin({ kind: "upload", path: "api/upload", fields: picker.fields, photo });
    find("booth-title").focus({ preventScroll: true });
  }

  function drawAgain() {
    if (findWorkOnThis()) return;
    problem = null;
    find("booth-title").focus({ preventScroll: true }); // what was pressed makes room for the progress
    begin({ kind: "regenerate", path: `api/regenerate/${originalId}`, fields: picker.fields, about: originalId });
  }

  function choose(cartoonId) {
    chosenId = cartoonId;
    render();
    announce(`${describeChosen()} is shown.`);
  }

  async function deleteChosen() {
    const [id, about] = [chosenId, originalId];
    const place = entry.cartoons.findIndex((cartoon) => cartoon.id === id);
    const question = { title: "Delete this drawing?", line: "It is deleted for good. The photo and its other drawings stay." };
    if (!(await erase(question, () => deleteCartoon(id)))) return;
    removeDrawing(about, id);
    if (originalId !== about) return;
    if (chosenId === id) chosenId = (entry.cartoons[place] ?? entry.cartoons.at(-1))?.id ?? null;
    render();
    if (!getChosen()) find("booth-title").focus({ preventScroll: true });
  }

  /** Other tabs have changed something. */
  async function refresh() {
    const id = originalId;
    if (!id || !entry) return;
    await refreshDrawings(id).catch(() => {}); // whoever goes on is told then
    if (originalId !== id) return;
    takeChosen();
    render();
  }

  /** The drawing that is shown stays as long as there is one. */
  function takeChosen() {
    if (!getChosen()) chosenId = entry.cartoons.at(-1)?.id ?? null;
  }

  function takeNews(work) {
    if (work.phase === "done") finish(work);
    if (work.phase === "failed") problemOf(work);
    render();
    if (work.isOver && (work.about ?? "") === originalId) recoverFocus();
  }

  /** What had focus has made room, or goes with the progress: it comes back to what can be done next. */
  function recoverFocus() {
    const focused = document.activeElement;
    if (focused !== document.body && focused !== find("booth-title") && !find("work").contains(focused)) return;
    find(find("choices").hidden ? "booth-title" : "another").focus({ preventScroll: true });
  }

  function finish({ kind, about, answer, photo }) {
    if (kind === "upload") {
      const { original, cartoon } = answer;
      learnDrawings(original, [cartoon], photo);
      if (isAt("")) replacePlace(`#/photo/${original.id}`);
      else toast("Your photo is drawn.", { href: `#/photo/${original.id}`, title: "Show it" });
    } else if (kind === "regenerate") {
      addDrawing(about, answer.cartoon);
      if (originalId !== about) return;
      chosenId = answer.cartoon.id;
      announce("Another drawing is there.");
    } else {
      forgetDrawings(about);
      const href = `#/face/${answer.downloadedFace.id}`;
      if (isAt("photo", about)) location.hash = href;
      else toast("The face is kept.", { href, title: "Show it" });
    }
  }

  function problemOf(work) {
    if (work.kind === "download" && find("keep").open) return; // told there
    problem = { failure: work.failure, ways: waysAfter(work.failure, work.photo, work) };
  }

  function waysAfter(failure, file, work = null) {
    const giveUp = () => {
      problem = null;
      work?.cancel();
    };
    const ways = [];
    if (failure.code === "file_too_large") ways.push(["Make it smaller and send it", () => (giveUp(), sendSmaller(file))]);
    if (work && failure.status >= 500) ways.push(["Try again", () => ((problem = null), work.hurry())]);
    if (["original_not_found", "cartoon_not_found", "too_many_originals"].includes(failure.code)) ways.push(["Look at your photos", () => (giveUp(), (location.hash = "#/photos"))]);
    if (file) ways.push(["Choose another photo", () => (giveUp(), render(), find("choose-file").click())]);
    else ways.push(["Leave it", () => (giveUp(), render())]);
    return ways;
  }

  async function sendSmaller(file) {
    const smaller = await makeSmaller(file);
    if (smaller) return upload(smaller);
    problem = { failure: "This browser cannot read that photo. Another program can save it as a smaller JPEG.", ways: [["Choose another photo", () => find("choose-file").click()]] };
    return render();
  }

  function goToDoor() {
    if (isAt("")) show("");
    else goTo("#/");
  }

  function findUpload() {
    return findWork(({ kind }) => kind === "upload");
  }

  function findWorkOnThis() {
    return originalId ? findWork(({ about, isOver }) => about === originalId && !isOver) : findUpload();
  }

  function getChosen() {
    return entry?.cartoons.find(({ id }) => id === chosenId) ?? null;
  }

  function describeChosen() {
    const index = entry.cartoons.findIndex(({ id }) => id === chosenId);
    const style = picker.nameStyle(entry.cartoons[index].style);
    return entry.cartoons.length > 1 ? `${style}, ${index + 1} of ${entry.cartoons.length}` : style;
  }

  function urlOf(file) {
    if (photoShown.file !== file) photoShown = { file, url: URL.createObjectURL(file) };
    return photoShown.url;
  }

  function render() {
    const work = findWorkOnThis();
    const chosen = getChosen();
    const state = findState(chosen, work);
    const isWorking = Boolean(work) && !work.isOver;
    find("booth").dataset.state = state;
    renderHeading(state, work);
    renderStage(state, work, chosen);

    if (state === "drawn" || (state === "photo" && isWorking)) {
      const pending = isWorking && work.kind === "regenerate" ? work : null;
      strip.show(entry?.cartoons ?? [], { chosen: chosenId, nameStyle: picker.nameStyle, work: pending });
    } else strip.hide();

    if (problem) notice.show(problem.failure, problem.ways);
    else if (chosen?.faces?.length === 0) notice.show("No face was found in this photo. There is none to keep.", []);
    else notice.hide();
    progress.show(isWorking ? work : null);
    find("choices").hidden = !entry || isWorking;
    find("keep-open").hidden = state !== "drawn" || chosen.faces?.length === 0;
    find("another").textContent = state === "drawn" ? "Another one" : "Draw it";
    find("another").classList.toggle("primary", state === "photo");
    if (state === "busy" || state === "gone" || (originalId && !entry)) picker.hide();
    else picker.show(state === "drawn" ? "Style of the next one" : "Style");
    find("start-over").hidden = !entry;
    renderDrawingActions(state, chosen, isWorking);
  }

  function findState(chosen, work) {
    if (!originalId) return work ? "busy" : "empty";
    if (problem?.isLost) return "gone";
    return chosen ? "drawn" : "photo";
  }

  function renderDrawingActions(state, chosen, isWorking) {
    find("drawing-actions").hidden = state !== "drawn";
    find("drawing-delete").disabled = isWorking;
    if (state !== "drawn") return;
    find("drawing-save").href = unredirected(chosen.imageUrl);
    find("drawing-save").download = nameFile(chosen.imageUrl, chosen.createdAt);
  }

  function renderHeading(state, work) {
    const busy = { failed: ["That did not work", "Your photo is still here."], waiting: ["Waiting", "Your photo is kept in this browser."] };
    const [title, line] = {
      empty: ["A photo in, a cartoon out", "Ask for another until you like one, then keep the face."],
      busy: busy[work?.phase] ?? ["Drawing your cartoon", "Look around meanwhile; it goes on."],
      drawn: ["Your cartoon", chosenId ? describeChosen() : ""],
      photo: ["Your photo", entry && !work ? "It has no drawings now." : ""],
      gone: [problem?.failure.status === 404 ? "Nothing here" : "That did not work", ""],
    }[state];
    if (find("booth-title").textContent !== title) find("booth-title").textContent = title;
    find("booth-line").textContent = line;
  }

  function renderStage(state, work, chosen) {
    if (state === "empty") stage.showDoor();
    else if (state === "busy") stage.showPhoto(urlOf(work.photo), work.previewUrl);
    else if (state === "drawn") {
      const unveil = unveiled !== originalId;
      unveiled = originalId;
      stage.showDrawing(sized(entry.photoUrl, 1080), chosen.imageUrl, { alt: `Your photo, drawn: ${describeChosen()}`, unveil });
    } else if (entry) stage.showPhoto(sized(entry.photoUrl, 1080));
    else stage.showNothing();
  }

  return { show, refresh, loadStyles: () => picker.load().then(render) };
}
