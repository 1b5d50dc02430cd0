// The viewer: its controls, the mode and the choices that stay from image to image, and what they put on show.

const MODES = [["side", "Side by side"], ["wipe", "Wipe"], ["difference", "Difference"]];
const everyPlace = [...(data.images.some((image) => image.reference) ? [REFERENCE] : []), ...data.methods.keys()];

const viewer = {
  place: -1, // of the image on show; -1 while closed
  mode: "side",
  first: everyPlace[0],
  second: everyPlace[1] ?? everyPlace[0],
  gain: 4,
  hidden: new Set(),
  preloaded: [],
};
const position = make("span", { className: "position", role: "status" });
const stagesBox = make("div", { className: "stages" });
const panesBox = make("div", { className: "checks", role: "group", "aria-label": "Pictures on show" });

const options = everyPlace.map((place) => [place, pictureName(place)]);
const controls = {
  previous: button("←", "Previous image", () => step(-1)),
  next: button("→", "Next image", () => step(1)),
  mode: segmented("Mode", MODES, (mode) => change({ mode })),
  first: choice("Left", options, (first) => change({ first })),
  second: choice("Right", options, (second) => change({ second })),
  divide: divideSlider,
  gain: choice("Amplify", [1, 4, 8, 16].map((gain) => [gain, `× ${gain}`]), (gain) => change({ gain })),
};

function makeViewer(onClose) {
  const close = button("Close", "", onClose);
  const walk = make("div", { className: "group" }, controls.previous, controls.next, position);
  const head = make("header", { className: "viewer-head" }, title, ...(data.single ? [] : [walk, close]));
  const bar = make("div", { className: "bar", role: "group", "aria-label": "View" }, controls.mode.element, zoomControls());
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
  return helpLine(keys);
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
  drawMapBar(image, mode);
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
  if (mode === "wipe") return [wipePane(image, first, second)];
  if (mode === "difference") return [differencePane(image, first, second, viewer.gain)];
  const places = everyPlace.filter((place) => !viewer.hidden.has(place) && (place !== REFERENCE || image.reference));
  return places.map((place) => pane(image, place));
}

function drawControls(available, mode) {
  const [first, second] = chosen(available);
  const two = mode !== "side";
  const shownOn = { first: two, second: two, divide: mode === "wipe", gain: mode === "difference" };
  for (const [name, isShown] of Object.entries(shownOn)) controls[name].element.hidden = !isShown;
  for (const [name, place] of [["first", first], ["second", second]]) {
    controls[name].enable((each) => available.includes(each));
    controls[name].set(place);
  }
  controls.first.rename(mode === "wipe" ? "Left" : "First");
  controls.second.rename(mode === "wipe" ? "Right" : "Second");
  controls.mode.set(mode);
  controls.gain.set(viewer.gain);
  panesBox.hidden = mode !== "side" || everyPlace.length < 3;
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

/** Sizes the panes to the room there is, then shows the same place in them. */
function arrange() {
  const room = data.single ? innerHeight * 0.78 : stagesBox.clientHeight;
  layOut(stagesBox, data.images[viewer.place], room);
  setView({});
}

function showView() {
  showZoom();
  drawDivider();
}

/** Decodes the neighbours in advance: a step to them then shows them at once. */
function preload() {
  const order = currentOrder();
  const at = order.indexOf(viewer.place);
  const neighbours = [order[at - 1], order[at + 1]].filter((place) => place !== undefined);
  const pictures = neighbours.map((place) => data.images[place]).flatMap(picturesOf);
  viewer.preloaded = pictures.map(({ src }) => make("img", { src }));
}
