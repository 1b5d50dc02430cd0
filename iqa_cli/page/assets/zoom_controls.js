// The buttons and keys of the zoom, and the line that tells of keys.

const zoomText = make("output", { className: "zoom", "aria-label": "Zoom" });
const ZOOM_KEYS = {
  "+": () => zoomStep(1),
  "=": () => zoomStep(1),
  "-": () => zoomStep(-1),
  0: fit,
  1: () => zoomTo(1),
};
const MOVES = { ArrowLeft: [80, 0], ArrowRight: [-80, 0], ArrowUp: [0, 80], ArrowDown: [0, -80] };

function zoomControls() {
  return make(
    "div",
    { className: "group", role: "group", "aria-label": "Zoom" },
    button("−", "Zoom out", () => zoomStep(-1)),
    zoomText,
    button("+", "Zoom in", () => zoomStep(1)),
    button("Fit", "Fit the whole image", fit),
    button("1:1", "One image pixel on one screen pixel", () => zoomTo(1)),
  );
}

function showZoom() {
  zoomText.textContent = `${view.zoom < 0.1 ? (view.zoom * 100).toFixed(1) : Math.round(view.zoom * 100)} %`;
}

/** What a key does while a viewer is open, by those of `keys` and of the zoom. */
function zoomKey(event, keys) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  // A field with the focus needs its keys for itself.
  if (event.target.matches("input:not([type=checkbox]), select, textarea")) return;
  const move = event.shiftKey && MOVES[event.key];
  const action = move ? () => pan(...move) : (keys[event.key] ?? ZOOM_KEYS[event.key]);
  if (!action) return;
  event.preventDefault();
  action();
}

/** A line of keys, each with what it does. */
function helpLine(keys) {
  const element = make("p", { className: "help" });
  for (const [key, action] of keys) element.append(make("span", {}, make("kbd", { textContent: key }), ` ${action}`));
  return element;
}
