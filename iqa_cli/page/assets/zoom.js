// One zoom and one place for all panes. Zoom counts device pixels per image pixel; x and y are the image
// coordinates in the middle of each pane. All panes on show have the same size.

const MOST = 32;
const PIXELATED = 2; // from here on single pixels are to be seen, not a smooth guess between them
const STEPS = [0.05, 0.1, 0.15, 0.25, 0.33, 0.5, 0.67, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, MOST];

const view = { zoom: 1, x: 0, y: 0, fitted: true };
const scene = { width: 1, height: 1, stages: [], onChange() {} };

function cssScale() {
  return view.zoom / devicePixelRatio;
}

function stageSize() {
  const stage = scene.stages[0];
  return stage ? { width: stage.clientWidth, height: stage.clientHeight } : { width: 1, height: 1 };
}

/** The zoom that shows all in a pane of that size. It enlarges by whole numbers only: a picture between pixels is not the picture. */
function fitZoom({ width, height } = stageSize()) {
  const zoom = Math.min(width / scene.width, height / scene.height) * devicePixelRatio;
  return zoom < 1 ? Math.max(zoom, 0.005) : Math.min(Math.floor(zoom), MOST);
}

function setView(changes) {
  Object.assign(view, changes);
  const fit = fitZoom();
  view.zoom = view.fitted ? fit : Math.min(Math.max(view.zoom, Math.min(fit, 1)), MOST);
  view.fitted = Math.abs(view.zoom / fit - 1) < 1e-6;
  const size = stageSize();
  view.x = kept(view.x, scene.width, size.width / cssScale());
  view.y = kept(view.y, scene.height, size.height / cssScale());
  applyView();
}

/** A middle with which the pane is full of image, or with the image in its middle where that is smaller. */
function kept(middle, whole, seen) {
  return seen >= whole ? whole / 2 : Math.min(Math.max(middle, seen / 2), whole - seen / 2);
}

/** Where the image's top left corner is in a pane, on whole device pixels so that 100 % is pixel by pixel. */
function offset() {
  const size = stageSize();
  const snap = (value) => Math.round(value * devicePixelRatio) / devicePixelRatio;
  return { x: snap(size.width / 2 - view.x * cssScale()), y: snap(size.height / 2 - view.y * cssScale()) };
}

function applyView() {
  const { x, y } = offset();
  for (const stage of scene.stages) {
    for (const canvas of stage.querySelectorAll(".canvas")) {
      canvas.style.transform = `translate(${x}px, ${y}px) scale(${cssScale()})`;
    }
    stage.classList.toggle("pixelated", view.zoom >= PIXELATED);
    stage.classList.toggle("movable", isMovable());
  }
  scene.onChange();
}

function isMovable() {
  const size = stageSize();
  return scene.width * cssScale() > size.width + 1 || scene.height * cssScale() > size.height + 1;
}

/** Zooms with the image point under `at` (CSS pixels from the pane's middle) staying where it is. */
function zoomTo(zoom, at = { x: 0, y: 0 }) {
  const before = cssScale();
  const point = { x: view.x + at.x / before, y: view.y + at.y / before };
  const limited = Math.min(Math.max(zoom, Math.min(fitZoom(), 1)), MOST);
  const after = limited / devicePixelRatio;
  setView({ zoom: limited, x: point.x - at.x / after, y: point.y - at.y / after, fitted: false });
}

function zoomStep(direction) {
  const beyond = (step) => (direction > 0 ? step > view.zoom * 1.01 : step < view.zoom * 0.99);
  const steps = direction > 0 ? STEPS : STEPS.toReversed();
  zoomTo(steps.find(beyond) ?? view.zoom);
}

function fit() {
  setView({ fitted: true });
}

/** Moves the image by CSS pixels. */
function pan(x, y) {
  setView({ x: view.x - x / cssScale(), y: view.y - y / cssScale() });
}

function fromMiddle(event, stage) {
  const box = stage.getBoundingClientRect();
  return { x: event.clientX - box.left - box.width / 2, y: event.clientY - box.top - box.height / 2 };
}

function addGestures(stage) {
  const pointers = new Map();
  stage.addEventListener("wheel", (event) => onWheel(event, stage), { passive: false });
  stage.addEventListener("dblclick", (event) => {
    if (view.fitted && view.zoom !== 1) zoomTo(1, fromMiddle(event, stage));
    else fit();
  });
  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault(); // no dragging of the picture itself, no selection
    stage.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, fromMiddle(event, stage));
  });
  stage.addEventListener("pointermove", (event) => {
    if (!pointers.has(event.pointerId)) return;
    const before = spanOf(pointers);
    pointers.set(event.pointerId, fromMiddle(event, stage));
    follow(before, spanOf(pointers));
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
    stage.addEventListener(end, (event) => pointers.delete(event.pointerId));
  }
}

function onWheel(event, stage) {
  event.preventDefault();
  const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1);
  const speed = event.ctrlKey ? 0.01 : 0.002; // a pinch on a trackpad comes as small turns with ctrl
  const turn = Math.min(Math.max(pixels * speed, -0.7), 0.7);
  zoomTo(view.zoom * Math.exp(-turn), fromMiddle(event, stage));
}

/** The middle of one or two fingers and the distance between them. */
function spanOf(pointers) {
  const [first, second = first] = pointers.values();
  return {
    x: (first.x + second.x) / 2,
    y: (first.y + second.y) / 2,
    length: Math.hypot(first.x - second.x, first.y - second.y),
  };
}

function follow(before, after) {
  pan(after.x - before.x, after.y - before.y);
  if (before.length > 0 && after.length > 0) zoomTo((view.zoom * after.length) / before.length, after);
}
