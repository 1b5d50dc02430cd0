// How large the panes are, and in how many columns they stand.

const GAP = 12;
const NARROW = 640; // below this width panes stand one under another
const LEAST = 140; // pixels: where panes would be lower than this they scroll instead
const CAPTION = 64; // roughly, for choosing the number of columns

/** The columns with which the pictures are largest in a box of that size; the fewest lines where that is equal. */
function bestColumns(panes, box) {
  const zoom = (columns) => {
    const lines = Math.ceil(panes / columns);
    const width = (box.width - GAP * (columns - 1)) / columns;
    const height = (box.height - GAP * (lines - 1)) / lines - CAPTION;
    return width < 200 && columns > 1 ? 0 : fitZoom({ width, height });
  };
  const choices = Array.from({ length: panes }, (_, place) => Math.ceil(panes / (place + 1)));
  return choices.reduce((best, each) => (zoom(each) > zoom(best) ? each : best));
}

/** Gives all panes one size in whole pixels: a pane between pixels would blur what is 100 %. */
function layOut(container, image, height) {
  const figures = [...container.querySelectorAll(":scope > .pane")];
  const width = container.offsetWidth; // without a scroll bar's share, which the outcome decides
  if (!figures.length || !width) return;
  const narrow = width < NARROW;
  const columns = narrow ? 1 : bestColumns(figures.length, { width, height });
  let size = paneSize(container, figures, columns, { width, height });
  const scrolls = narrow || (size.height < LEAST && figures.length > 1);
  container.classList.toggle("scrolls", scrolls);
  if (scrolls) {
    const most = narrow ? 1 : Math.max(1, Math.floor(width / 300));
    size = paneSize(container, figures, Math.min(figures.length, most), { width: container.clientWidth, height });
    size.height = innerHeight * (narrow ? 0.6 : 0.75); // leaves something beside it to scroll the page by
  }
  const needed = Math.ceil((size.width * image.height) / image.width); // by a picture as wide as its pane
  const fitting = Math.max(Math.floor(Math.min(size.height, needed)), LEAST);
  for (const stage of container.querySelectorAll(".stage")) stage.style.height = `${fitting}px`;
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
