// What a contact sheet knows: photographs with their scores, the groups of those that show the same, and what is on show.

const photos = data.photos;
const groups = new Map(); // places of the members by the group's number, the best first
for (const [place, photo] of photos.entries()) {
  if (photo.group === null) continue;
  if (!groups.has(photo.group)) groups.set(photo.group, []);
  groups.get(photo.group).push(place);
}
const scored = new Set([...photos.keys()].filter((place) => photos[place].scores[0] !== null)); // by the model that ranks
const keep = new Set([...photos.keys()].filter((place) => photos[place].best));

const ORDERS = [["best", "best first"], ["worst", "worst first"], ["name", "name"]];
if (photos.some((photo) => photo.taken)) ORDERS.push(["taken", "time taken"]);

const sheet = {
  view: "all", // "all", "groups", "best"
  model: 0, // place among data.models
  order: "best",
  low: -Infinity,
  high: Infinity,
  text: "",
};

function scoreAt(place) {
  return photos[place].scores[sheet.model];
}

function modelOnShow() {
  return data.models[sheet.model];
}

/** Where the scores on show lie, widened to whole hundredths: [least, most]. */
function scoreRange() {
  const values = photos.map((photo) => photo.scores[sheet.model]).filter((score) => score !== null);
  if (!values.length) return [0, 1];
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) [least, most] = [Math.min(least, value), Math.max(most, value)];
  return [Math.floor(least * 100) / 100, Math.ceil(most * 100) / 100];
}

/** The members of a photograph's group, or the photograph alone. */
function membersOf(place) {
  return groups.get(photos[place].group) ?? [place];
}

function passes(place) {
  const score = scoreAt(place);
  const inside = score === null ? sheet.low === -Infinity && sheet.high === Infinity : score >= sheet.low && score <= sheet.high;
  return inside && (!sheet.text || photos[place].name.toLowerCase().includes(sheet.text));
}

function inOrder(left, right) {
  if (sheet.order === "name") return collator.compare(photos[left].name, photos[right].name);
  if (sheet.order === "taken") return compare(photos[left].taken, photos[right].taken, false) || left - right;
  const higher = modelOnShow().higher === (sheet.order === "best");
  return compare(scoreAt(left), scoreAt(right), higher) || left - right;
}

/** The places on show, in order: in view "groups" an array of arrays, a whole group where one of it passes. */
function onShow() {
  const passing = [...photos.keys()].filter(passes);
  if (sheet.view === "all") return passing.sort(inOrder);
  if (sheet.view === "best") return passing.filter((place) => photos[place].best).sort(inOrder);
  const first = new Map(); // by group, the member that comes first
  for (const place of passing.filter((each) => photos[each].group !== null).sort(inOrder)) {
    if (!first.has(photos[place].group)) first.set(photos[place].group, place);
  }
  return [...first.keys()].map((group) => groups.get(group));
}

/** "4.12 good", as far as the model tells. */
function words(place) {
  const photo = photos[place];
  const told = photo.words[sheet.model];
  return told ? ` ${told}` : "";
}

/** Of how many of the photographs that the page's caption names it is better than, in percent; empty where unknown. */
function percentOf(place) {
  const percentile = photos[place].percentiles[sheet.model];
  return percentile === null ? "" : `${Math.floor(percentile)} %`;
}

/** "best of 5" or "1 of 5"; empty for a photograph that stands alone. */
function groupWords(place) {
  const photo = photos[place];
  if (photo.group === null) return "";
  const count = groups.get(photo.group).length;
  return photo.best ? `best of ${count}` : `one of ${count}`;
}
