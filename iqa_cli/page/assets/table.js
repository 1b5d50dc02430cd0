// The table of images: one row an image, one column a method, sorted and searched here, fifty rows at a time.

const ROWS = 50;
const oneMethod = data.methods.length < 2;

// The images on which the methods differ most are the ones to look at; of a single method, the worst.
const table = {
  model: data.models[0],
  key: oneMethod ? 0 : "spread",
  descending: oneMethod ? !data.models[0].higher : true,
  text: "",
  page: 0,
};
const headings = new Map(); // by key
const rows = make("tbody");
const count = make("p", { className: "count", role: "status" });
const pager = makePager();

/** The places of the images that the search leaves, in the order of the table. */
function ordered() {
  const wanted = table.text.trim().toLowerCase();
  return [...data.images.keys()]
    .filter((place) => data.images[place].name.toLowerCase().includes(wanted))
    .sort((left, right) => compareImages(data.images[left], data.images[right], table, table.model));
}

function makePager() {
  const turn = (by) => {
    table.page += by;
    drawTable();
    document.getElementById("images").scrollIntoView({ block: "start" });
  };
  const previous = button("Previous", "Previous rows", () => turn(-1));
  const next = button("Next", "Next rows", () => turn(1));
  const position = make("span");
  const element = make("nav", { className: "pager", "aria-label": "Rows of the table" }, previous, position, next);
  return { element, previous, next, position };
}

function makeTable() {
  const search = make("input", { type: "search", placeholder: "Name", autocomplete: "off", spellcheck: false });
  search.addEventListener("input", () => restart({ text: search.value }));
  const model = choice("Scores of", data.models.map((each) => [each, each.name]), changeModel);
  const controls = make(
    "div",
    { className: "controls" },
    model.element,
    make("label", { className: "field" }, make("span", { textContent: "Search" }), search),
    count,
  );
  const head = make("tr", {}, heading("name", "image"), ...data.methods.map((name, place) => heading(place, name)));
  if (!oneMethod) head.append(heading("spread", "spread"));
  const element = make("table", {}, make("thead", {}, head), rows);
  const scroll = make("div", { className: "scroll", tabIndex: 0, role: "group", "aria-label": "Images" }, element);
  return make(
    "section",
    { className: "images", id: "images", "aria-labelledby": "images-title" },
    make("h2", { id: "images-title", textContent: "Images" }),
    controls,
    make("p", { className: "caption", textContent: "A click on a picture shows it in full size beside the others." }),
    scroll,
    pager.element,
  );
}

function heading(key, text) {
  const sort = make("button", { type: "button", className: "sort" }, nameOf(text));
  sort.addEventListener("click", () => sortBy(key));
  const element = make("th", { scope: "col", className: key === "name" ? "" : "number" }, sort);
  headings.set(key, element);
  return element;
}

/** A first click shows what one looks for first: names from A, scores from the best, the largest spread. */
function sortBy(key) {
  const natural = key === "name" ? false : key === "spread" ? true : table.model.higher;
  restart({ key, descending: table.key === key ? !table.descending : natural });
}

/** What came first, the best or the worst, comes first by the other model too. */
function changeModel(model) {
  const turns = typeof table.key === "number" && model.higher !== table.model.higher;
  restart({ model, descending: table.descending !== turns });
}

function restart(changes) {
  Object.assign(table, changes, { page: 0 });
  drawTable();
}

function drawTable() {
  const places = ordered();
  const first = table.page * ROWS;
  rows.replaceChildren(...places.slice(first, first + ROWS).map(row));
  for (const [key, element] of headings) {
    if (key === table.key) element.setAttribute("aria-sort", table.descending ? "descending" : "ascending");
    else element.removeAttribute("aria-sort");
  }
  count.textContent = imagesLeft(places.length);
  pager.element.hidden = places.length <= ROWS;
  pager.previous.disabled = first === 0;
  pager.next.disabled = first + ROWS >= places.length;
  pager.position.textContent = `${first + 1}–${Math.min(first + ROWS, places.length)} of ${places.length}`;
}

function imagesLeft(left) {
  const all = counted(data.images.length, "image");
  return left === data.images.length ? all : `${left || "None"} of ${all}`;
}

function row(place) {
  const image = data.images[place];
  const values = scoresOf(image, table.model);
  const best = bestOf(values, table.model);
  const name = make("a", { href: `#${place + 1}`, className: "open" });
  if (image.reference) name.append(thumbnail(image, REFERENCE));
  name.append(nameOf(image.name));
  const cells = image.candidates.map((candidate, each) => scoreCell(place, each, values[each], best.has(each)));
  const element = make("tr", {}, make("th", { scope: "row" }, name), ...cells);
  if (oneMethod) return element;
  const spread = shown(spreadOf(image, table.model), table.model);
  element.append(make("td", { className: "number", textContent: spread }));
  return element;
}

function scoreCell(place, candidate, value, isBest) {
  const image = data.images[place];
  const element = make("td", { className: "number" });
  if (image.candidates[candidate]) {
    // Not a stop of the Tab key: the row's name leads to the same place.
    const link = make("a", { href: `#${place + 1}`, tabIndex: -1 }, thumbnail(image, candidate));
    element.append(link);
  }
  const text = shown(value, table.model);
  const score = isBest ? make("strong", { textContent: text }) : make("span", { textContent: text });
  if (value === Infinity) score.title = "identical to the reference";
  element.append(score);
  return element;
}

function thumbnail(image, place) {
  const picture = { alt: describe(image, place), src: pictureAt(image, place).thumb };
  const shown = make("img", { loading: "lazy", decoding: "async", className: "thumb", ...picture });
  return make("span", { className: "frame" }, shown);
}
