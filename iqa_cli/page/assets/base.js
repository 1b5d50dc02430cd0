// What every page of ours begins with: its data, elements made from text, and how numbers and names are shown and sorted.

const data = JSON.parse(document.getElementById("data").textContent);
const DASH = "–";

/** An element with properties (or attributes, where there is no such property) and children; text stays text. */
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** A name from somebody's file: whatever direction it is written in, it doesn't turn the text around it. */
function nameOf(text) {
  return make("bdi", { textContent: text });
}

/** A number with its noun: "1 image", "2 images". */
function counted(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function shown(value, model) {
  if (value === null) return DASH;
  if (value === Infinity) return "∞";
  return value.toFixed(model.decimals).replace("-", "−");
}

/** Compares for sorting; what is missing comes last in both directions. */
function compare(left, right, descending) {
  if (left === null || right === null) return (left === null) - (right === null);
  return left === right ? 0 : (left < right ? -1 : 1) * (descending ? -1 : 1);
}

const collator = new Intl.Collator("en", { numeric: true }); // image2 before image10
