// What the panes hold: pictures with their maps and captions, and how large the panes are.

const GAP = 12;
const NARROW = 640; // below this width panes stand one under another
const LEAST = 140; // pixels: where panes would be lower than this they scroll instead
const CAPTION = 64; // roughly, for choosing the number of columns

/** The element that is zoomed and moved: as large as the image, pictures of other sizes stretched to its width. */
function makeCanvas(image) {
  const canvas = make("div", { className: "canvas" });
  canvas.style.width = `${image.width}px`;
  canvas.style.height = `${image.height}px`;
  return canvas;
}

function addPicture(canvas, image, place) {
  const picture = pictureAt(image, place);
  const element = make("img", { className: "picture", alt: describe(image, place), draggable: false });
  element.decoding = "sync"; // no flash when the same pictures are put on show in another way
  element.addEventListener("error", () => canvas.parentElement?.classList.add("broken"));
  element.src = picture.src;
  element.style.height = `${heightOn(image, picture)}px`;
  canvas.append(element);
  return element;
}

/** Half a size rounds, so a pixel or two are no other shape; a picture of really another shape keeps its own. */
function heightOn(image, picture) {
  const { width = image.width, height = image.height } = picture;
  const own = (height * image.width) / width;
  return Math.abs(own - image.height) <= (2 * image.width) / width ? image.height : own;
}

function mapAt(image, place, map) {
  return (map && image.candidates[place]?.maps[map.key]) || null;
}

/** Lays a map over a candidate's picture; the reference has none. */
function addMap(canvas, image, place, map, opacity) {
  const found = mapAt(image, place, map);
  if (!found) return;
  const element = make("img", { className: "map", alt: `${map.key} of ${describe(image, place)}`, src: found.src });
  element.draggable = false;
  element.style.opacity = String(opacity);
  element.style.height = canvas.querySelector(".picture").style.height;
  canvas.append(element);
}

function makeStage(...children) {
  const stage = make("div", { className: "stage" }, ...children);
  addGestures(stage);
  return stage;
}

function pane(image, place, map, opacity, ownRange) {
  if (!pictureAt(image, place)) return make("figure", { className: "pane" }, missing(), caption(image, place));
  const canvas = makeCanvas(image);
  addPicture(canvas, image, place);
  addMap(canvas, image, place, map, opacity);
  const range = ownRange ? mapAt(image, place, map) : null;
  return make("figure", { className: "pane" }, makeStage(canvas), caption(image, place, range));
}

function missing() {
  return make("div", { className: "stage empty", textContent: DASH, title: "no picture" });
}

/** A picture's name and its scores by every model. */
function caption(image, place, range = null) {
  const name = make("p", {}, make("span", { className: "name" }, nameOf(pictureName(place))));
  const element = make("figcaption", {}, name);
  const picture = pictureAt(image, place);
  if (place === REFERENCE || !picture) return element;
  if (picture.width && picture.width !== image.width) {
    name.append(make("small", { textContent: `${picture.width} × ${picture.height}, shown ${image.width} wide` }));
  }
  const scores = make("dl", { className: "scores" });
  for (const model of data.models) scores.append(scoreEntry(image, place, model));
  element.append(scores);
  if (range) element.append(make("small", { textContent: `map: ${brief(range.low)} to ${brief(range.high)}` }));
  return element;
}

function scoreEntry(image, place, model) {
  const values = scoresOf(image, model);
  const text = shown(values[place], model);
  const value = make("dd");
  if (bestOf(values, model).has(place)) {
    value.append(make("strong", { textContent: text }), make("span", { className: "best", textContent: "best" }));
  } else {
    value.append(text);
  }
  return make("div", {}, make("dt", { textContent: model.name }), value);
}

function brief(value) {
  return String(Number(value.toPrecision(3))).replace("-", "−");
}

/** Two pictures one over the other, the second seen right of the divider. */
function wipePanes(image, first, second, map, opacity, onDrag) {
  const layers = [first, second].map((place) => {
    const canvas = makeCanvas(image);
    addPicture(canvas, image, place);
    addMap(canvas, image, place, map, opacity);
    return make("div", { className: "layer" }, canvas);
  });
  const divider = make("div", { className: "divider" }, make("div", { className: "grip" }));
  const tags = [first, second].map((place, side) =>
    make("div", { className: `tag ${side ? "right" : "left"}`, "aria-hidden": "true" }, nameOf(pictureName(place))),
  );
  const stage = makeStage(...layers, ...tags, divider);
  divider.addEventListener("pointerdown", (event) => {
    event.stopPropagation(); // the stage would move the picture
    event.preventDefault();
    divider.setPointerCapture(event.pointerId);
  });
  divider.addEventListener("pointermove", (event) => {
    if (divider.hasPointerCapture(event.pointerId)) onDrag(event.clientX - stage.getBoundingClientRect().left);
  });
  divider.addEventListener("dblclick", (event) => event.stopPropagation());
  const below = make("div", { className: "captions" }, caption(image, first), caption(image, second));
  return { stage, divider, layer: layers[1], tags, figure: make("figure", { className: "pane" }, stage, below) };
}

/** |A - B| by blending, for a script may not read the pixels of pictures linked from a page opened as a file. */
function differencePane(image, first, second, gain) {
  const canvas = makeCanvas(image);
  canvas.classList.add("blend");
  canvas.style.filter = `brightness(${gain})`;
  addPicture(canvas, image, first);
  addPicture(canvas, image, second);
  const words = make("p", { className: "words" }, "Black where ", nameOf(pictureName(first)), " and ");
  words.append(nameOf(pictureName(second)), ` are equal${gain > 1 ? `; differences × ${gain}` : ""}.`);
  return make("figure", { className: "pane" }, makeStage(canvas), make("figcaption", {}, words));
}

/** The number of columns with which the pictures are largest in a box of that size. */
function bestColumns(panes, box, image) {
  const fits = (columns) => {
    const lines = Math.ceil(panes / columns);
    const width = (box.width - GAP * (columns - 1)) / columns;
    const height = (box.height - GAP * (lines - 1)) / lines - CAPTION;
    return width < 200 && columns > 1 ? 0 : Math.min(width / image.width, height / image.height);
  };
  const columns = Array.from({ length: panes }, (_, place) => place + 1);
  return columns.reduce((best, each) => (fits(each) > fits(best) ? each : best), 1);
}

/** Gives all panes one size in whole pixels: a pane between pixels would blur what is 100 %. */
function layOut(container, image, height) {
  const figures = [...container.querySelectorAll(":scope > .pane")];
  const width = container.offsetWidth; // without a scroll bar's share, which the outcome decides
  if (!figures.length || !width) return;
  const narrow = width < NARROW;
  const columns = narrow ? 1 : bestColumns(figures.length, { width, height }, image);
  let size = paneSize(container, figures, columns, { width, height });
  const scrolls = narrow || (size.height < LEAST && figures.length > 1);
  container.classList.toggle("scrolls", scrolls);
  if (scrolls) {
    const most = narrow ? 1 : Math.max(1, Math.floor(width / 300));
    size = paneSize(container, figures, Math.min(figures.length, most), { width: container.clientWidth, height });
    const limit = innerHeight * (narrow ? 0.6 : 0.75); // leaves something beside it to scroll the page by
    size.height = Math.floor(Math.min((size.width * image.height) / image.width, limit));
  }
  for (const stage of container.querySelectorAll(".stage")) stage.style.height = `${Math.max(size.height, LEAST)}px`;
}

/** Sets the columns and says what is left for a stage when every caption has the room it needs. */
function paneSize(container, figures, columns, box) {
  const width = Math.floor((box.width - GAP * (columns - 1)) / columns);
  container.style.gridTemplateColumns = `repeat(${columns}, ${width}px)`;
  const captions = figures.map((figure) => figure.lastElementChild.getBoundingClientRect().height);
  const lines = Math.ceil(figures.length / columns);
  const height = Math.floor((box.height - GAP * (lines - 1)) / lines - Math.ceil(Math.max(...captions)));
  return { width, height };
}
