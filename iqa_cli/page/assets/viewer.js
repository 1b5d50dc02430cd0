// The viewer: its controls, the mode and the choices that stay from image to image, and what they put on show.

const MODES = [["side", "Side by side"], ["wipe", "Wipe"], ["difference", "Difference"]];
const everyPlace = [...(data.images.some((image) => image.reference) ? [REFERENCE] : []), ...data.methods.keys()];

const viewer = {
  place: -1, // of the image on show; -1 while closed
  mode: "side",
  first: everyPlace[0],
  second: everyPlace[1] ?? everyPlace[0],
  gain: 4,
  map: null,
  opacity: 0.6,
  divide: 0.5,
  hidden: new Set(),
  preloaded: [],
};
const title = make("h2", { id: "viewer-title", tabIndex: -1 });
const position = make("span", { className: "position", role: "status" });
const stagesBox = make("div", { className: "stages" });
const zoomText = make("output", { className: "zoom", "aria-label": "Zoom" });
const panesBox = make("div", { className: "checks", role: "group", "aria-label": "Pictures on show" });
const legend = make("div", { className: "legend" });

const options = everyPlace.map((place) => [place, pictureName(place)]);
const controls = {
  previous: button("←", "Previous image", () => step(-1)),
  next: button("→", "Next image", () => step(1)),
  mode: segmented("Mode", MODES, (mode) => change({ mode })),
  first: choice("Left", options, (first) => change({ first })),
  second: choice("Right", options, (second) => change({ second })),
  divide: slider("Divider", viewer.divide, (divide) => moveDivider(divide)),
  gain: choice("Amplify", [1, 4, 8, 16].map((gain) => [gain, `× ${gain}`]), (gain) => change({ gain })),
  map: choice("Map", [[null, "no map"], ...data.maps.map((map) => [map, map.key])], (map) => change({ map })),
  opacity: slider("Opacity", viewer.opacity, (opacity) => setOpacity(opacity)),
};

const mapBar = make("div", { className: "bar", role: "group", "aria-label": "Map" });
mapBar.append(controls.map.element, controls.opacity.element, legend);

function makeViewer(onClose) {
  const close = button("Close", "", onClose);
  const walk = make("div", { className: "group" }, controls.previous, controls.next, position);
  const head = make("header", { className: "viewer-head" }, title, ...(data.single ? [] : [walk, close]));
  const zoom = make(
    "div",
    { className: "group", role: "group", "aria-label": "Zoom" },
    button("−", "Zoom out", () => zoomStep(-1)),
    zoomText,
    button("+", "Zoom in", () => zoomStep(1)),
    button("Fit", "Fit the whole image", fit),
    button("1:1", "One image pixel on one screen pixel", () => zoomTo(1)),
  );
  const bar = make("div", { className: "bar", role: "group", "aria-label": "View" }, controls.mode.element, zoom);
  bar.append(controls.first.element, controls.second.element, controls.divide.element, controls.gain.element);
  bar.append(panesBox);
  panesBox.append(...everyPlace.map((place) => checkbox(pictureName(place), true, (show) => hide(place, !show))));
  return make("div", { className: "viewer" }, head, bar, ...(data.maps.length ? [mapBar] : []), stagesBox, help());
}

function help() {
  const keys = [
    ...(data.single ? [] : [["← →", "image"]]),
    ["+ −", "zoom"],
    ["0", "fit"],
    ["1", "100 %"],
    ["Shift ← ↑ → ↓", "move"],
    ["s w d", "mode"],
    ...(data.maps.length ? [["m", "map"]] : []),
    ...(data.single ? [] : [["Esc", "close"]]),
  ];
  const element = make("p", { className: "help" });
  for (const [key, action] of keys) element.append(make("span", {}, make("kbd", { textContent: key }), ` ${action}`));
  return element;
}

/** Shows an image; the view stays where it is, so that one place can be compared from image to image. */
function show(place) {
  viewer.place = place;
  const image = data.images[place];
  Object.assign(scene, { width: image.width, height: image.height, onChange: showView });
  title.replaceChildren(nameOf(image.name));
  draw();
  preload();
}

function change(changes) {
  Object.assign(viewer, changes);
  draw();
}

function hide(place, isHidden) {
  if (isHidden) viewer.hidden.add(place);
  else viewer.hidden.delete(place);
  draw();
}

/** Puts everything on show again from what `viewer` says. */
function draw() {
  const image = data.images[viewer.place];
  const available = placesOf(image);
  for (const mode of ["wipe", "difference"]) controls.mode.enable(mode, available.length > 1);
  const mode = available.length > 1 ? viewer.mode : "side";
  drawControls(available, mode);
  stagesBox.className = `stages ${mode}`;
  stagesBox.replaceChildren(...figures(image, mode, chosen(available)));
  scene.stages = [...stagesBox.querySelectorAll(".stage:not(.empty)")];
  arrange();
}

/** The two chosen pictures, or others where this image lacks them. */
function chosen(available) {
  const first = available.includes(viewer.first) ? viewer.first : available[0];
  const others = available.filter((place) => place !== first);
  return [first, available.includes(viewer.second) ? viewer.second : (others[0] ?? first)];
}

function figures(image, mode, [first, second]) {
  const { map, opacity, gain, hidden } = viewer;
  viewer.wipe = mode === "wipe" ? wipePanes(image, first, second, map, opacity, dragDivider) : null;
  if (mode === "wipe") return [viewer.wipe.figure];
  if (mode === "difference") return [differencePane(image, first, second, gain)];
  const places = everyPlace.filter((place) => !hidden.has(place) && (place !== REFERENCE || image.reference));
  const ownRange = rangeOf(image) === null;
  return places.map((place) => pane(image, place, map, opacity, ownRange));
}

function drawControls(available, mode) {
  const [first, second] = chosen(available);
  const shownOn = { first: mode !== "side", second: mode !== "side", divide: mode === "wipe", gain: mode === "difference" };
  for (const [name, isShown] of Object.entries(shownOn)) controls[name].element.hidden = !isShown;
  for (const [name, place] of [["first", first], ["second", second]]) {
    controls[name].enable((each) => available.includes(each));
    controls[name].set(place);
  }
  controls.first.rename(mode === "wipe" ? "Left" : "First");
  controls.second.rename(mode === "wipe" ? "Right" : "Second");
  controls.mode.set(mode);
  controls.gain.set(viewer.gain);
  controls.map.set(viewer.map);
  mapBar.hidden = mode === "difference";
  controls.opacity.element.hidden = legend.hidden = !viewer.map;
  panesBox.hidden = mode !== "side" || everyPlace.length < 3;
  drawLegend();
  drawPosition();
}

function drawPosition() {
  const order = currentOrder();
  const at = order.indexOf(viewer.place);
  position.textContent = `${at + 1} of ${order.length}`;
  controls.previous.disabled = at <= 0;
  controls.next.disabled = at >= order.length - 1;
}

/** The table's order; all images where the search has left out the one on show. */
function currentOrder() {
  const order = ordered();
  return order.includes(viewer.place) ? order : [...data.images.keys()];
}

/** What the chosen map's colours mean on this image: [low, high], or null where its pictures differ in that. */
function rangeOf(image) {
  const maps = image.candidates.map((_, place) => mapAt(image, place, viewer.map)).filter(Boolean);
  const same = maps.every(({ low, high }) => low === maps[0].low && high === maps[0].high);
  return maps.length && same ? [maps[0].low, maps[0].high] : null;
}

function drawLegend() {
  legend.replaceChildren();
  if (!viewer.map) return;
  const [low, high] = rangeOf(data.images[viewer.place])?.map(brief) ?? ["low", "high"];
  const colours = make("span", { className: "colours" });
  colours.style.backgroundImage = `linear-gradient(to right, ${viewer.map.colours.join(", ")})`;
  legend.append(make("span", { textContent: low }), colours, make("span", { textContent: high }));
  legend.append(make("span", { className: "what", textContent: viewer.map.label }));
}

function setOpacity(opacity) {
  viewer.opacity = opacity;
  for (const map of stagesBox.querySelectorAll(".map")) map.style.opacity = String(opacity);
}

/** Sizes the panes to the room there is, then shows the same place in them. */
function arrange() {
  const room = data.single ? innerHeight * 0.78 : stagesBox.clientHeight;
  layOut(stagesBox, data.images[viewer.place], room);
  setView({});
}

function showView() {
  zoomText.textContent = `${view.zoom < 0.1 ? (view.zoom * 100).toFixed(1) : Math.round(view.zoom * 100)} %`;
  if (viewer.wipe) drawDivider();
}

/** The part of the pane that shows image: there the divider moves. */
function dividerRange() {
  const [{ x }, { width }] = [offset(), stageSize()];
  return [Math.max(0, x), Math.min(width, x + scene.width * cssScale())];
}

function drawDivider() {
  const [left, right] = dividerRange();
  const at = Math.round(left + viewer.divide * (right - left));
  viewer.wipe.layer.style.clipPath = `inset(0px 0px 0px ${at}px)`;
  viewer.wipe.divider.style.left = `${at}px`;
}

function dragDivider(x) {
  const [left, right] = dividerRange();
  moveDivider(Math.min(Math.max((x - left) / (right - left), 0), 1));
  controls.divide.set(viewer.divide);
}

function moveDivider(divide) {
  viewer.divide = divide;
  drawDivider();
}

/** Decodes the neighbours in advance: a step to them then shows them at once. */
function preload() {
  const order = currentOrder();
  const at = order.indexOf(viewer.place);
  const neighbours = [order[at - 1], order[at + 1]].filter((place) => place !== undefined);
  const pictures = neighbours.flatMap((place) => placesOf(data.images[place]).map((each) => pictureAt(data.images[place], each)));
  viewer.preloaded = pictures.map(({ src }) => make("img", { src }));
}
