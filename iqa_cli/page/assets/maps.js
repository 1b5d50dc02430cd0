// The map over the pictures: which one, how strongly it is seen, and what its colours mean.

const overlay = { map: null, opacity: 0.6 };
const legend = make("div", { className: "legend" });
const mapChoice = choice("Map", [[null, "no map"], ...data.maps.map((map) => [map, map.key])], pickMap);
const opacitySlider = slider("Opacity", overlay.opacity, setOpacity);
const mapBar = make("div", { className: "bar", role: "group", "aria-label": "Map" });
mapBar.append(mapChoice.element, opacitySlider.element, legend);

function pickMap(map) {
  overlay.map = map;
  draw();
}

function nextMap() {
  if (mapBar.hidden) return;
  const maps = [null, ...data.maps];
  pickMap(maps[(maps.indexOf(overlay.map) + 1) % maps.length]);
}

function setOpacity(opacity) {
  overlay.opacity = opacity;
  for (const map of stagesBox.querySelectorAll(".map")) map.style.opacity = String(opacity);
}

/** Lays the map over a candidate's picture; the reference has none. */
function addMap(canvas, image, place) {
  const found = overlay.map && image.candidates[place]?.maps[overlay.map.key];
  if (!found) return;
  const alt = `${overlay.map.key} of ${describe(image, place)}`;
  const element = make("img", { className: "map", alt, src: found.src, draggable: false });
  element.style.opacity = String(overlay.opacity);
  element.style.height = canvas.querySelector(".picture").style.height;
  canvas.append(element);
}

function drawMapBar(image, mode) {
  mapBar.hidden = mode === "difference";
  mapChoice.set(overlay.map);
  opacitySlider.element.hidden = legend.hidden = !overlay.map;
  if (overlay.map) drawLegend(image);
}

/** All candidates of an image share the range of their colours. */
function drawLegend(image) {
  const { key, colours, label } = overlay.map;
  const range = image.candidates.map((candidate) => candidate?.maps[key]).find(Boolean);
  legend.hidden = !range;
  if (!range) return;
  const scale = make("span", { className: "colours" });
  scale.style.backgroundImage = `linear-gradient(to right, ${colours.join(", ")})`;
  const end = (value) => make("span", { textContent: String(Number(value.toPrecision(3))) });
  const what = make("span", { className: "what", textContent: label });
  legend.replaceChildren(end(range.low), scale, end(range.high), what);
}
