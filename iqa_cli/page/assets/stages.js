// What the panes hold: pictures with their maps and captions.

function addPicture(canvas, image, place) {
  const picture = pictureAt(image, place);
  const element = make("img", { className: "picture", alt: describe(image, place), draggable: false });
  element.decoding = "sync"; // no flash when the same pictures are put on show in another way
  element.addEventListener("error", () => canvas.parentElement?.classList.add("broken"));
  element.src = picture.src;
  element.style.height = `${heightOn(image, picture)}px`;
  canvas.append(element);
}

function picturedCanvas(image, place) {
  const canvas = makeCanvas(image);
  addPicture(canvas, image, place);
  addMap(canvas, image, place);
  return canvas;
}

function pane(image, place) {
  const stage = pictureAt(image, place) ? makeStage(picturedCanvas(image, place)) : missing();
  return make("figure", { className: "pane" }, stage, caption(image, place));
}

function missing() {
  return make("div", { className: "stage empty", textContent: DASH, title: "no picture" });
}

/** A picture's name and its scores by every model. */
function caption(image, place) {
  const name = make("p", {}, make("span", { className: "name" }, nameOf(pictureName(place))));
  const element = make("figcaption", {}, name);
  const picture = pictureAt(image, place);
  if (place === REFERENCE || !picture) return element;
  if (picture.width !== image.width) {
    name.append(make("small", { textContent: `${picture.width} × ${picture.height}, shown ${image.width} wide` }));
  }
  const scores = make("dl", { className: "scores" });
  for (const model of data.models) scores.append(scoreEntry(image, place, model));
  element.append(scores);
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
