// The page itself: what is on it, the address that says which image is open, and the keys.

const KEYS = {
  ...(data.single ? {} : { ArrowLeft: () => step(-1), ArrowRight: () => step(1) }),
  "+": () => zoomStep(1),
  "=": () => zoomStep(1),
  "-": () => zoomStep(-1),
  0: fit,
  1: () => zoomTo(1),
  s: () => pressMode("side"),
  w: () => pressMode("wipe"),
  d: () => pressMode("difference"),
  m: nextMap,
};
const MOVES = { ArrowLeft: [80, 0], ArrowRight: [-80, 0], ArrowUp: [0, 80], ArrowDown: [0, -80] };

const dialog = make("dialog", { className: "over", "aria-labelledby": "viewer-title" });
let cameFromTable = false; // then one step back leads there

function isOpen() {
  return viewer.place >= 0;
}

/** The image that the address names by its number, from 1; -1 for none. */
function addressed() {
  const number = /^#\d+$/.test(location.hash) ? Number(location.hash.slice(1)) : 0;
  return number <= data.images.length ? number - 1 : -1;
}

/** Makes the page what the address says. */
function followAddress() {
  const place = addressed();
  if (place < 0) closeViewer();
  else if (place !== viewer.place) openViewer(place);
}

function openViewer(place) {
  if (!dialog.open) dialog.showModal();
  show(place);
  title.focus({ preventScroll: true });
}

function closeViewer() {
  if (!isOpen()) return;
  const place = viewer.place;
  viewer.place = -1;
  viewer.preloaded = [];
  stagesBox.replaceChildren(); // lets go of the decoded pictures
  if (dialog.open) dialog.close();
  rows.querySelector(`a.open[href="#${place + 1}"]`)?.focus();
}

/** Leaves the viewer by the address, so that going back and closing are the same thing. */
function leave() {
  if (!isOpen()) return;
  closeViewer(); // at once: going back takes its time, and closing twice must not go back twice
  if (cameFromTable) history.back();
  else history.replaceState(null, "", location.pathname + location.search);
}

/** The previous or next image takes the place of this one: the way back stays one step long. */
function step(by) {
  const order = currentOrder();
  const place = order[order.indexOf(viewer.place) + by];
  if (place === undefined) return;
  history.replaceState(null, "", `#${place + 1}`);
  show(place);
}

function pressMode(mode) {
  if (mode === "side" || placesOf(data.images[viewer.place]).length > 1) change({ mode });
}

function onKey(event) {
  if (!isOpen() || event.ctrlKey || event.metaKey || event.altKey) return;
  // A field with the focus needs its keys for itself.
  if (event.target.matches("input:not([type=checkbox]), select, textarea")) return;
  const move = event.shiftKey && MOVES[event.key];
  const action = move ? () => pan(...move) : KEYS[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

function startTable() {
  document.getElementById("pictures").append(makeTable());
  drawTable();
  dialog.append(makeViewer(leave));
  document.body.append(dialog);
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    leave();
  });
  dialog.addEventListener("close", leave); // a browser may close it without asking
  addEventListener("hashchange", () => {
    cameFromTable = !isOpen();
    followAddress();
  });
  followAddress();
}

function startSingle() {
  const section = make("section", { className: "single", "aria-labelledby": "viewer-title" }, makeViewer(leave));
  document.getElementById("pictures").append(section);
  show(0);
}

if (data.single) startSingle();
else startTable();
document.addEventListener("keydown", onKey);

// Redrawn a frame later, for sizing the panes while sizes are reported would report again.
new ResizeObserver(() => requestAnimationFrame(() => isOpen() && arrange())).observe(stagesBox);
addEventListener("resize", () => isOpen() && arrange());
