// The contact sheet: put together, and its keys.

const VIEWER_KEYS = { ArrowLeft: () => step(-1), ArrowRight: () => step(1), k: () => toggleKeep(seen.place) };

function isOpen() {
  return seen.place >= 0;
}

function start() {
  document.getElementById("sheet").append(makeTools(), list, makeNames());
  countKept();
  range.reset();
  tools.view.set(sheet.view);
  tools.order.set(sheet.order);
  drawSheet();
  tellFound();
  startDialog(makeViewer(), {
    count: photos.length,
    place: () => seen.place,
    show,
    clear() {
      seen.place = -1;
      stagesBox.replaceChildren();
    },
    comeBack: focusCard,
  });
}

start();
document.addEventListener("keydown", (event) => isOpen() && zoomKey(event, VIEWER_KEYS));

let frame = 0;
addEventListener("scroll", () => {
  cancelAnimationFrame(frame);
  frame = requestAnimationFrame(drawRows);
}, { passive: true });

// The scroll bar that a drawing brings about changes the width, too.
new ResizeObserver(() => list.clientWidth !== layout.room && requestAnimationFrame(drawSheet)).observe(list);
new ResizeObserver(() => requestAnimationFrame(() => isOpen() && arrange())).observe(stagesBox);
addEventListener("resize", () => (isOpen() ? arrange() : drawRows()));
