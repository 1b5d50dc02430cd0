// A photograph at full size, or its whole group side by side with one zoom and one place for all.

const seen = { place: -1 };
const position = make("span", { className: "position", role: "status" });
const stagesBox = make("div", { className: "stages" });
const walk = {
  previous: button("←", "Previous photograph or group", () => step(-1)),
  next: button("→", "Next photograph or group", () => step(1)),
};

function makeViewer() {
  const around = make("div", { className: "group" }, walk.previous, walk.next, position);
  const head = make("header", { className: "viewer-head" }, title, around, button("Close", "", leave));
  const bar = make("div", { className: "bar" }, zoomControls());
  const keys = [["← →", "photograph"], ["+ −", "zoom"], ["0", "fit"], ["1", "100 %"]];
  keys.push(["Shift ← ↑ → ↓", "move"], ["K", "keep"], ["Esc", "close"]);
  return make("div", { className: "viewer" }, head, bar, stagesBox, helpLine(keys));
}

/** Shows a photograph with those of its group; the zoom stays where it is. */
function show(place) {
  seen.place = place;
  const places = membersOf(place);
  const { width, height } = shapeOf(places[0]);
  Object.assign(scene, { width, height, onChange: showZoom });
  title.replaceChildren(nameOf(baseName(photos[place].name)));
  if (places.length > 1) title.append(` and ${places.length - 1} ${data.alike}`);
  stagesBox.replaceChildren(...places.map((each) => pane(each, places[0])));
  scene.stages = [...stagesBox.querySelectorAll(".stage")];
  view.fitted = true; // another photograph has another size
  const entries = stops();
  const at = entries.findIndex((each) => places.includes(each));
  position.textContent = `${at + 1} of ${entries.length}`;
  walk.previous.disabled = at <= 0;
  walk.next.disabled = at >= entries.length - 1;
  arrange();
}

function shapeOf(place) {
  const { width, height } = photos[place];
  return { width: width ?? 4, height: height ?? 3 };
}

/** The photographs on show, one for each group, in the order of the sheet. */
function stops() {
  const taken = new Set();
  const order = layout.order.some((place) => membersOf(seen.place).includes(place)) ? layout.order : [...photos.keys()];
  return order.filter((place) => {
    const { group } = photos[place];
    if (group === null) return true;
    return !taken.has(group) && taken.add(group);
  });
}

function step(by) {
  const entries = stops();
  const place = entries[entries.findIndex((each) => membersOf(seen.place).includes(each)) + by];
  if (place === undefined) return;
  replaceAddress(place);
  show(place);
}

/** The small picture at once, the photograph itself over it when it has come. */
function pane(place, first) {
  const photo = photos[place];
  const canvas = makeCanvas(shapeOf(first));
  const high = heightOn(shapeOf(first), shapeOf(place));
  const lay = (alt) => {
    const element = make("img", { className: "picture", alt, draggable: false });
    element.style.height = `${high}px`;
    canvas.append(element);
    return element;
  };
  const told = make("p", { className: "words", role: "status" });
  if (photo.thumb) showThumb(lay(""), place);
  const large = photo.preview ?? photo.link;
  if (large) {
    const element = lay(photo.name);
    element.loading = "lazy"; // of a large group those alone are decoded that have been scrolled to
    element.src = large;
    element.addEventListener("error", () => {
      element.remove();
      told.textContent = "The file is not where it was, or cannot be shown here: this is its thumbnail.";
    });
  }
  if (photo.preview) told.textContent = "A copy, of at most 1280 px: not every browser shows the file itself.";
  const stage = makeStage(canvas);
  if (place === seen.place && membersOf(place).length > 1) stage.classList.add("asked");
  return make("figure", { className: "pane" }, stage, paneCaption(place, told));
}

function paneCaption(place, told) {
  const photo = photos[place];
  const percent = percentOf(place);
  const size = photo.width && `${photo.width} × ${photo.height}`;
  const facts = [size, photo.taken?.replace("T", " "), percent && `better than ${percent}`];
  return make(
    "figcaption",
    {},
    make("p", {}, make("span", { className: "name", title: photo.name }, nameOf(baseName(photo.name)))),
    scoreLine(place),
    make("p", { className: "words", textContent: [...facts, ...photo.notes].filter(Boolean).join(" · ") }),
    told,
    keepBox(place),
  );
}

function arrange() {
  layOut(stagesBox, shapeOf(membersOf(seen.place)[0]), stagesBox.clientHeight);
  setView({});
}
