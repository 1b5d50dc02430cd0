// The stages in which pictures are zoomed and moved, whatever they are pictures of.

/** The element that is zoomed and moved: as large as the image, pictures of other sizes stretched to its width. */
function makeCanvas(image) {
  const canvas = make("div", { className: "canvas" });
  canvas.style.width = `${image.width}px`;
  canvas.style.height = `${image.height}px`;
  return canvas;
}

/** Half a size rounds, so a pixel or two are no other shape; a picture of really another shape keeps its own. */
function heightOn(image, { width, height }) {
  const own = (height * image.width) / width;
  return Math.abs(own - image.height) <= (2 * image.width) / width ? image.height : own;
}

function makeStage(...children) {
  const stage = make("div", { className: "stage" }, ...children);
  addGestures(stage);
  return stage;
}
