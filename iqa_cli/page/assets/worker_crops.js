// Where the crops of a picture lie: what iqa_cli/options/crops.py says of its grid, in the worker of the page.

const CLOSEST = 1 / 8; // crops closer than this share of their side say the same again

/** Rounds halves to the even number, as Python does. */
function rounded(value) {
  const low = Math.floor(value);
  if (value - low !== 0.5) return Math.round(value);
  return low % 2 === 0 ? low : low + 1;
}

/** Rows and columns of at most `count` crops: they reach all borders and lie closest together. */
function gridShape(height, width, size, count) {
  const sides = [height, width];
  const most = sides.map((side) => 1 + Math.max(Math.floor((side - size) / (size * CLOSEST)), Number(side > size)));
  const merit = (shape) => {
    const reaches = shape.every((n, k) => n > 1 || sides[k] === size);
    const widest = Math.max(...shape.map((n, k) => (sides[k] - size) / Math.max(n - 1, 1)));
    return [Number(reaches), -widest, shape[0] * shape[1]];
  };
  const better = (left, right) => {
    const at = left.findIndex((value, k) => value !== right[k]);
    return at >= 0 && left[at] > right[at];
  };
  let best = null;
  for (let rows = 1; rows <= Math.min(most[0], count); rows++) {
    const shape = [rows, Math.min(most[1], Math.floor(count / rows))];
    const value = merit(shape);
    if (best === null || better(value, best.value)) best = { shape, value };
  }
  return best.shape;
}

/** Corners [top, left] of the fewest crops that overlap by such a share, or of `most`; no side is shorter than `size`. */
function cropCorners(height, width, size, overlap, most) {
  const fewest = [height, width].map((side) => 1 + Math.ceil((side - size) / (size * (1 - overlap))));
  const [rows, columns] = fewest[0] * fewest[1] <= most ? fewest : gridShape(height, width, size, most);
  const along = (side, n) => {
    if (n === 1) return [Math.floor((side - size) / 2)];
    return Array.from({ length: n }, (_, i) => rounded((i * (side - size)) / (n - 1)));
  };
  return along(height, rows).flatMap((top) => along(width, columns).map((left) => [top, left]));
}

/** The place in a line of `length` of a place beyond its end, mirrored without repeating the edge. */
function mirrored(place, length) {
  const period = Math.max(2 * (length - 1), 1);
  return Math.min(place % period, period - (place % period));
}
