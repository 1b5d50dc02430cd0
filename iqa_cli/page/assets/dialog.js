// A viewer over the page. The address says which picture it has on show, so that going back and closing are one thing.

const dialog = make("dialog", { className: "over", "aria-labelledby": "viewer-title" });
const title = make("h2", { id: "viewer-title", tabIndex: -1 });
let cameFromPage = false; // then one step back leads there
let over = null; // what startDialog was given

/** The picture that the address names by its number, from 1; -1 for none. */
function addressed() {
  const number = /^#\d+$/.test(location.hash) ? Number(location.hash.slice(1)) : 0;
  return number <= over.count ? number - 1 : -1;
}

/** Makes the page what the address says. */
function followAddress() {
  const place = addressed();
  if (place < 0) closeViewer();
  else if (place !== over.place()) openViewer(place);
}

function openViewer(place) {
  if (!dialog.open) dialog.showModal();
  over.show(place);
  title.focus({ preventScroll: true });
}

function closeViewer() {
  const place = over.place();
  if (place < 0) return;
  over.clear(); // lets go of the decoded pictures
  if (dialog.open) dialog.close();
  over.comeBack(place);
}

/** Leaves the viewer by the address, so that going back and closing are the same thing. */
function leave() {
  if (over.place() < 0) return;
  closeViewer(); // at once: going back takes its time, and closing twice must not go back twice
  if (cameFromPage) history.back();
  else history.replaceState(null, "", location.pathname + location.search);
}

/** The previous or next picture takes the place of this one: the way back stays one step long. */
function replaceAddress(place) {
  history.replaceState(null, "", `#${place + 1}`);
}

/** Puts `content` into the dialog. `given`: count, place(), show(place), clear() and comeBack(place). */
function startDialog(content, given) {
  over = given;
  dialog.append(content);
  document.body.append(dialog);
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    leave();
  });
  dialog.addEventListener("close", leave); // a browser may close it without asking
  addEventListener("hashchange", () => {
    cameFromPage = over.place() < 0;
    followAddress();
  });
  followAddress();
}
