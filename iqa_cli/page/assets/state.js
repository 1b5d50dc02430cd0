// What the page of a comparison knows, and how its scores are compared. Nothing here touches the document's body.

const REFERENCE = -1; // the place of the reference among the candidates 0, 1, 2 ...

/** The score as a number, infinity for a picture identical to its reference; null where there is none. */
function scoreOf(candidate, model) {
  const score = candidate?.scores[model.name] ?? null;
  return score === "inf" ? Infinity : score;
}

/** The places of the best values; equal as shown is equal, and a value without a rival is not the best of anything. */
function bestOf(values, model) {
  const rounded = values.map((value) => (value === null ? null : Number(value.toFixed(model.decimals))));
  const scored = rounded.filter((value) => value !== null);
  if (scored.length < 2) return new Set();
  const best = model.higher ? Math.max(...scored) : Math.min(...scored);
  return new Set(rounded.flatMap((value, place) => (value === best ? [place] : [])));
}

function scoresOf(image, model) {
  return image.candidates.map((candidate) => scoreOf(candidate, model));
}

/** Largest minus smallest score, null where fewer than two pictures have one. */
function spreadOf(image, model) {
  const scored = scoresOf(image, model).filter((value) => value !== null);
  if (scored.length < 2) return null;
  const [least, most] = [Math.min(...scored), Math.max(...scored)];
  return least === most ? 0 : most - least; // infinity minus infinity is no number
}

/** Data for sorting by "name", "spread" or the place of a method. */
function compareImages(left, right, { key, descending }, model) {
  if (key === "name") return collator.compare(left.name, right.name) * (descending ? -1 : 1);
  const value = (image) => (key === "spread" ? spreadOf(image, model) : scoreOf(image.candidates[key], model));
  return compare(value(left), value(right), descending);
}

function pictureAt(image, place) {
  return place === REFERENCE ? image.reference : image.candidates[place];
}

function pictureName(place) {
  return place === REFERENCE ? "reference" : data.methods[place];
}

/** The places of the pictures an image has, the reference first. */
function placesOf(image) {
  return [REFERENCE, ...data.methods.keys()].filter((place) => pictureAt(image, place));
}

function picturesOf(image) {
  return placesOf(image).map((place) => pictureAt(image, place));
}

function describe(image, place) {
  return `${image.name}, ${pictureName(place)}`;
}
