// Where the model looked, as colours over a picture: attention, whose mean over the picture is 1.

const MOST_OF_MAP = 0.995; // of the places whose attention the colours tell apart; one peak must not darken the rest

/** Whole numbers of a colour "#rrggbb". */
function channels(colour) {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}

const SIDE = 320; // px of the longer side of a map as it is drawn

/** A canvas in the shape of the picture; the browser smooths the few values there are. */
function mapCanvas({ rows, columns, values }, width, height) {
  const seen = [...values].filter((value) => !Number.isNaN(value));
  const mean = seen.reduce((sum, value) => sum + value, 0) / seen.length;
  const sorted = seen.sort((left, right) => left - right);
  const high = sorted[Math.min(Math.ceil(MOST_OF_MAP * sorted.length), sorted.length) - 1] || 1;
  const small = make("canvas", { width: columns, height: rows });
  const context = small.getContext("2d");
  const picture = context.createImageData(columns, rows);
  const stops = data.colours.map(channels);
  for (const [place, value] of values.entries()) {
    const at = Math.min(Math.max(value / high, 0), 1) * (stops.length - 1);
    const [below, share] = [Math.min(Math.floor(at), stops.length - 2), at - Math.min(Math.floor(at), stops.length - 2)];
    const mixed = (k) => stops[below][k] * (1 - share) + stops[below + 1][k] * share;
    const colour = Number.isNaN(value) ? [0, 0, 0, 0] : [mixed(0), mixed(1), mixed(2), 255];
    picture.data.set(colour, place * 4);
  }
  context.putImageData(picture, 0, 0);
  const scale = SIDE / Math.max(width, height);
  const size = { width: Math.max(Math.round(width * scale), 1), height: Math.max(Math.round(height * scale), 1) };
  const canvas = make("canvas", { className: "map", ...size });
  canvas.getContext("2d").drawImage(small, 0, 0, size.width, size.height);
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `where the model looked: up to ${(high / mean).toFixed(1)} times as much as on average`);
  return canvas;
}

/** The colours with what their ends stand for. */
function mapLegend() {
  const scale = make("span", { className: "colours" });
  scale.style.backgroundImage = `linear-gradient(to right, ${data.colours.join(", ")})`;
  return make("span", { className: "legend" }, "looked little", scale, "looked most");
}
