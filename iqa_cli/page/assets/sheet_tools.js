// What is above the sheet: view, order, filter by score and name, and the names to keep.

const VIEWS = [["all", "All"], ["groups", "Groups"], ["best", "Best of each"]];
const found = make("p", { className: "count", role: "status" });
const range = scoreSliders();
const tools = {
  view: segmented("View", VIEWS, (view) => changeSheet({ view })),
  model: choice("Scores of", data.models.map((model, place) => [place, model.name]), changeModel),
  order: choice("Order", ORDERS, (order) => changeSheet({ order })),
};

function makeTools() {
  const search = make("input", { type: "search", placeholder: "Name", autocomplete: "off", spellcheck: false });
  search.addEventListener("input", () => changeSheet({ text: search.value.trim().toLowerCase() }));
  tools.view.element.hidden = groups.size === 0;
  tools.model.element.hidden = data.models.length < 2;
  const names = button("Names to keep", "", openNames);
  const searched = make("label", { className: "field" }, make("span", { textContent: "Search" }), search);
  const more = [tools.model.element, tools.order.element, range.element, searched];
  for (const each of more) each.classList.add("more");
  const element = make("div", { className: "tools" });
  const kept = make("div", { className: "group" }, names, keepCount);
  element.append(make("div", { className: "controls" }, tools.view.element, moreButton(element), ...more, kept, found));
  return element;
}

/** On a phone the filter is out of the way until it is asked for. */
function moreButton(element) {
  const turn = () => more.setAttribute("aria-expanded", String(element.classList.toggle("open-more")));
  const more = button("Order and filter", "", turn);
  more.classList.add("turn-more");
  more.setAttribute("aria-expanded", "false");
  return more;
}

/** Two sliders, from and to: what is below the one or above the other is not on show. */
function scoreSliders() {
  const slide = (label) => {
    const input = make("input", { type: "range", step: "0.01" });
    const value = make("output");
    const name = make("span", { textContent: label });
    return { input, value, element: make("label", { className: "field range" }, name, input, value) };
  };
  const [low, high] = [slide("From"), slide("To")];
  const element = make("div", { className: "group ends", role: "group", "aria-label": "Scores on show" });
  element.append(low.element, high.element);
  const tell = () => {
    for (const { input, value } of [low, high]) value.textContent = input.valueAsNumber.toFixed(2).replace("-", "−");
  };
  const moved = (one, other, keepApart) => {
    if (keepApart(one.input.valueAsNumber, other.input.valueAsNumber)) other.input.value = one.input.value;
    tell();
    const [least, most] = scoreRange();
    const [from, to] = [low.input.valueAsNumber, high.input.valueAsNumber];
    changeSheet({ low: from <= least ? -Infinity : from, high: to >= most ? Infinity : to });
  };
  low.input.addEventListener("input", () => moved(low, high, (from, to) => from > to));
  high.input.addEventListener("input", () => moved(high, low, (to, from) => to < from));
  return {
    element,
    reset() {
      const [least, most] = scoreRange();
      for (const { input } of [low, high]) Object.assign(input, { min: String(least), max: String(most) });
      [low.input.value, high.input.value] = [String(least), String(most)];
      tell();
    },
  };
}

/** Another model has scores of another range: the filter begins anew. */
function changeModel(model) {
  sheet.model = model;
  range.reset();
  changeSheet({ low: -Infinity, high: Infinity });
}

let waiting = 0; // sliders tell of many steps a frame; one drawing answers them

function changeSheet(changes) {
  Object.assign(sheet, changes);
  tools.view.set(sheet.view);
  tools.order.set(sheet.order);
  cancelAnimationFrame(waiting);
  waiting = requestAnimationFrame(() => {
    drawSheet();
    tellFound();
  });
}

function tellFound() {
  const count = layout.order.filter((place) => scored.has(place)).length;
  const failed = layout.order.length - count;
  const all = counted(scored.size, "photograph");
  const inGroups = sheet.view === "groups" ? ` in ${counted(layout.rows.filter((row) => !row.places).length, "group")}` : "";
  const notScored = failed ? `, ${failed} not scored` : "";
  found.textContent = (count === scored.size ? all : `${count} of ${all}`) + inGroups + notScored;
  list.classList.toggle("none", !layout.order.length);
}
