// The thumbnails, in blocks below the script: those that are not read yet are waited for.

const blocks = new Map(); // by number, the thumbnails of a block that has been looked at
let waitingThumbs = []; // pairs of an element and a place

/** The thumbnails of a block in base64; null while the page is still being read there. */
function blockOf(number) {
  if (blocks.has(number)) return blocks.get(number);
  const element = document.getElementById(`thumbs-${number}`);
  const next = blocks.has(number + 1) || document.getElementById(`thumbs-${number + 1}`);
  const whole = next || document.readyState !== "loading";
  if (!element || !whole) return null;
  const lines = element.textContent.split("\n");
  element.remove(); // else they would be held twice
  blocks.set(number, lines);
  return lines;
}

function showThumb(element, place) {
  const lines = blockOf(Math.floor(place / data.block));
  if (lines) element.src = `data:image/webp;base64,${lines[place % data.block]}`;
  else waitingThumbs.push([element, place]);
}

function showWaiting() {
  const waiting = waitingThumbs.filter(([element]) => element.isConnected);
  waitingThumbs = [];
  for (const [element, place] of waiting) showThumb(element, place);
}

if (document.readyState === "loading") {
  const turn = setInterval(showWaiting, 50);
  document.addEventListener("DOMContentLoaded", () => {
    clearInterval(turn);
    showWaiting();
  });
}
