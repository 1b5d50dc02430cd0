// What stands on the sheet: cards of photographs and the heads of groups, and which of them are to be kept.

const keepCount = make("span", { className: "count" });

function card(place) {
  const photo = photos[place];
  const picture = make("img", { alt: "", draggable: false, decoding: "async" });
  if (photo.thumb) showThumb(picture, place);
  const shot = make("a", { className: "shot", href: `#${place + 1}`, tabIndex: place === active ? 0 : -1 }, picture);
  shot.dataset.place = String(place);
  shot.setAttribute("aria-label", `${photo.name}, ${shown(scoreAt(place), modelOnShow())}${words(place)} ${groupWords(place)}`);
  if (!photo.thumb) shot.classList.add("bare");
  const name = make("p", { className: "name", title: photo.name }, nameOf(baseName(photo.name)));
  const element = make("div", { className: "card", role: "listitem" }, shot, name, scoreLine(place), lastLine(place));
  element.setAttribute("aria-posinset", String(layout.order.indexOf(place) + 1));
  element.setAttribute("aria-setsize", String(layout.order.length));
  return element;
}

/** The last part of a path: what tells photographs of a folder apart. */
function baseName(name) {
  return name.split(/[/\\]/).pop() || name;
}

function scoreLine(place) {
  const photo = photos[place];
  const line = make("p", { className: "value" }, make("strong", { textContent: shown(scoreAt(place), modelOnShow()) }));
  line.append(words(place));
  if (photo.error) line.append(make("span", { className: "failed", textContent: "not scored", title: photo.error }));
  const told = groupWords(place);
  if (told) line.append(make("span", { className: photo.best ? "best first" : "best", textContent: told }));
  return line;
}

function lastLine(place) {
  const line = make("p", { className: "last" }, keepBox(place));
  const percent = percentOf(place);
  const title = `better than ${percent}`;
  if (percent) line.append(make("small", { title }, make("span", { className: "wide", textContent: "better than " }), percent));
  return line;
}

function keepBox(place) {
  const box = checkbox("keep", keep.has(place), (kept) => setKeep(place, kept));
  box.classList.add("keep");
  const input = box.querySelector("input");
  input.dataset.keep = String(place);
  input.setAttribute("aria-label", `keep ${photos[place].name}`);
  return box;
}

function groupHead(number) {
  const places = groups.get(number);
  const scores = places.map(scoreAt).filter((score) => score !== null);
  const range = scores.length ? [Math.max(...scores), Math.min(...scores)].map((score) => shown(score, modelOnShow())) : [];
  const told = `${places.length} ${data.alike}${range.length ? `, ${range.join(" to ")}` : ""}`;
  const look = make("a", { className: "look", href: `#${places[0] + 1}`, textContent: "Side by side" });
  look.setAttribute("aria-label", `Side by side: ${photos[places[0]].name} and ${places.length - 1} ${data.alike}`);
  return make("div", { className: "group-head" }, make("h3", { textContent: told }), look);
}

function setKeep(place, kept) {
  if (kept) keep.add(place);
  else keep.delete(place);
  for (const input of document.querySelectorAll(`input[data-keep="${place}"]`)) input.checked = kept;
  countKept();
}

function toggleKeep(place) {
  setKeep(place, !keep.has(place));
}

function countKept() {
  keepCount.textContent = `${keep.size} of ${photos.length} to keep`;
}
