// The sheet itself: rows of cards, of which those alone exist that can be seen, so that thousands scroll smoothly.

const CARD = 176; // px, the least width of a card; on a phone two stand side by side
const SPACE = 12;
const TEXT = 90; // px below the picture of a card
const HEAD = 52; // px, the line above a group
const BEYOND = 0.6; // screens of rows kept above and below what is seen; none while it flies past

const list = make("div", { className: "sheet", role: "list", "aria-label": "Photographs" });
const drawn = new Map(); // row number: element
const layout = { rows: [], order: [], rowOf: new Map(), room: 0, width: CARD, height: 0 };
let active = 0; // place of the card that Tab reaches

/** Puts the photographs on show into rows for the width there is. */
function layRows() {
  const room = list.clientWidth;
  const columns = Math.max(2, Math.floor((room + SPACE) / (CARD + SPACE)));
  const width = Math.floor((room - SPACE * (columns - 1)) / columns);
  const height = Math.round(width * 0.75) + TEXT;
  const entries = onShow();
  const grouped = sheet.view === "groups";
  Object.assign(layout, { rows: [], order: entries.flat(), rowOf: new Map(), room, width });
  let top = 0;
  const put = (row, tall) => {
    layout.rows.push({ ...row, top, tall });
    for (const place of row.places ?? []) layout.rowOf.set(place, layout.rows.length - 1);
    top += tall;
  };
  for (const places of grouped ? entries : [entries]) {
    if (grouped) put({ group: photos[places[0]].group }, HEAD);
    for (let at = 0; at < places.length; at += columns) put({ places: places.slice(at, at + columns) }, height + SPACE);
    if (grouped) top += SPACE;
  }
  layout.height = top;
  if (!layout.rowOf.has(active)) active = layout.order[0] ?? 0;
}

/** Everything anew: after a change of view, order, filter or width. The card that had the focus has it again. */
function drawSheet() {
  const focused = list.contains(document.activeElement) ? document.activeElement.dataset.place : undefined;
  layRows();
  list.style.height = `${layout.height}px`;
  list.style.setProperty("--card", `${layout.width}px`);
  list.replaceChildren();
  drawn.clear();
  drawRows();
  if (focused !== undefined) list.querySelector(`a.shot[data-place="${focused}"]`)?.focus({ preventScroll: true });
}

let [lastAbove, resting] = [0, 0];

/** The rows that can be seen; the row that has the focus stays, or the keyboard would lose its place. */
function drawRows() {
  const above = -list.getBoundingClientRect().top;
  const flies = Math.abs(above - lastAbove) > innerHeight / 2;
  const beyond = flies ? 0 : innerHeight * BEYOND;
  const [from, to] = [above - beyond, above + innerHeight + beyond];
  lastAbove = above;
  clearTimeout(resting);
  if (flies) resting = setTimeout(drawRows, 100);
  const wanted = new Set();
  for (let number = firstRow(from); number < layout.rows.length && layout.rows[number].top < to; number++) {
    wanted.add(number);
  }
  for (const [number, element] of drawn) {
    if (wanted.has(number) || element.contains(document.activeElement)) continue;
    element.remove();
    drawn.delete(number);
  }
  for (const number of wanted) if (!drawn.has(number)) drawn.set(number, drawRow(number));
}

/** The number of the first row that ends below a height, by halving. */
function firstRow(height) {
  let [low, high] = [0, layout.rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (layout.rows[middle].top + layout.rows[middle].tall < height) low = middle + 1;
    else high = middle;
  }
  return low;
}

function drawRow(number) {
  const { places, group, top } = layout.rows[number];
  const element = places ? make("div", { className: "row" }, ...places.map(card)) : groupHead(group);
  element.style.transform = `translateY(${top}px)`;
  const next = [...drawn.keys()].filter((each) => each > number).sort((left, right) => left - right)[0];
  list.insertBefore(element, drawn.get(next) ?? null); // Tab and screen readers follow the document's order
  return element;
}

/** Scrolls a card into view, draws it and gives it the focus. */
function focusCard(place) {
  const row = layout.rows[layout.rowOf.get(place)];
  if (!row) return;
  active = place;
  const top = list.getBoundingClientRect().top + row.top;
  const over = document.querySelector(".tools").getBoundingClientRect();
  const hidden = getComputedStyle(document.querySelector(".tools")).position === "sticky" ? over.height : 0;
  if (top < hidden) scrollBy(0, top - hidden - SPACE);
  else if (top + row.tall > innerHeight) scrollBy(0, top + row.tall - innerHeight + SPACE);
  drawRows();
  for (const link of list.querySelectorAll("a.shot")) link.tabIndex = link.dataset.place === String(place) ? 0 : -1;
  list.querySelector(`a.shot[data-place="${place}"]`)?.focus({ preventScroll: true });
}

/** Arrows walk over the cards, K keeps or lets go. */
function onListKey(event) {
  const from = Number(event.target.closest?.("[data-place]")?.dataset.place ?? NaN);
  if (Number.isNaN(from) || event.ctrlKey || event.metaKey || event.altKey) return;
  const at = layout.order.indexOf(from);
  const row = layout.rows[layout.rowOf.get(from)];
  const steps = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: layout.order.length - 1 };
  const beside = (by) => besideRow(layout.rowOf.get(from), by, row.places.indexOf(from));
  if (event.key === "k") return void toggleKeep(from);
  const turns = { ArrowUp: () => beside(-1), ArrowDown: () => beside(1) };
  const to = event.key in steps ? layout.order[steps[event.key]] : turns[event.key]?.();
  if (to === undefined) return;
  event.preventDefault();
  focusCard(to);
}

/** The place in the next row of cards, over a group's head, in the same column or the last there is. */
function besideRow(number, by, column) {
  do number += by;
  while (layout.rows[number] && !layout.rows[number].places);
  return layout.rows[number]?.places[Math.min(column, layout.rows[number].places.length - 1)];
}

list.addEventListener("keydown", onListKey);
