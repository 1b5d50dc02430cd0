// The page of a comparison: what is on it, and the keys.

const KEYS = {
  ...(data.single ? {} : { ArrowLeft: () => step(-1), ArrowRight: () => step(1) }),
  s: () => pressMode("side"),
  w: () => pressMode("wipe"),
  d: () => pressMode("difference"),
  m: nextMap,
};

function isOpen() {
  return viewer.place >= 0;
}

function clearViewer() {
  viewer.place = -1;
  viewer.preloaded = [];
  stagesBox.replaceChildren();
}

function step(by) {
  const order = currentOrder();
  const place = order[order.indexOf(viewer.place) + by];
  if (place === undefined) return;
  replaceAddress(place);
  show(place);
}

function pressMode(mode) {
  if (mode === "side" || placesOf(data.images[viewer.place]).length > 1) change({ mode });
}

function startTable() {
  document.getElementById("pictures").append(makeTable());
  drawTable();
  startDialog(makeViewer(leave), {
    count: data.images.length,
    place: () => viewer.place,
    show,
    clear: clearViewer,
    comeBack: (place) => rows.querySelector(`a.open[href="#${place + 1}"]`)?.focus(),
  });
}

function startSingle() {
  const section = make("section", { className: "single", "aria-labelledby": "viewer-title" }, makeViewer(leave));
  document.getElementById("pictures").append(section);
  show(0);
}

if (data.single) startSingle();
else startTable();
document.addEventListener("keydown", (event) => isOpen() && zoomKey(event, KEYS));

// Redrawn a frame later, for sizing the panes while sizes are reported would report again.
new ResizeObserver(() => requestAnimationFrame(() => isOpen() && arrange())).observe(stagesBox);
addEventListener("resize", () => isOpen() && arrange());
