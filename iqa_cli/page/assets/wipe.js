// Two pictures one over the other: the divider between them, and how it is moved.

let divide = 0.5; // of the image's width that is seen, the first picture's share
const divideSlider = slider("Divider", divide, moveDivider);

/** The second picture is seen right of the divider. */
function wipePane(image, first, second) {
  const layers = [first, second].map((place) => make("div", { className: "layer" }, picturedCanvas(image, place)));
  const tags = [first, second].map((place, side) =>
    make("div", { className: `tag ${side ? "right" : "left"}`, "aria-hidden": "true" }, nameOf(pictureName(place))),
  );
  const stage = makeStage(...layers, ...tags, makeDivider());
  const below = make("div", { className: "captions" }, caption(image, first), caption(image, second));
  return make("figure", { className: "pane" }, stage, below);
}

function makeDivider() {
  const divider = make("div", { className: "divider" }, make("div", { className: "grip" }));
  divider.addEventListener("pointerdown", (event) => {
    event.stopPropagation(); // the stage would move the picture
    event.preventDefault();
    divider.setPointerCapture(event.pointerId);
  });
  divider.addEventListener("pointermove", (event) => {
    if (divider.hasPointerCapture(event.pointerId)) dragDivider(event.clientX);
  });
  divider.addEventListener("dblclick", (event) => event.stopPropagation());
  return divider;
}

/** The part of the pane that shows image: there the divider moves. */
function dividerRange() {
  const [{ x }, { width }] = [offset(), stageSize()];
  return [Math.max(0, x), Math.min(width, x + scene.width * cssScale())];
}

function drawDivider() {
  const divider = stagesBox.querySelector(".divider");
  if (!divider) return;
  const [left, right] = dividerRange();
  const at = Math.round(left + divide * (right - left));
  divider.style.left = `${at}px`;
  stagesBox.querySelector(".layer + .layer").style.clipPath = `inset(0px 0px 0px ${at}px)`;
}

function dragDivider(clientX) {
  const x = clientX - scene.stages[0].getBoundingClientRect().left;
  const [left, right] = dividerRange();
  moveDivider(Math.min(Math.max((x - left) / (right - left), 0), 1));
  divideSlider.set(divide);
}

function moveDivider(to) {
  divide = to;
  drawDivider();
}
