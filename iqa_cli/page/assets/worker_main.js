// The worker: it holds the model, so that the page stays alive while a photograph is scored. `ort` is the runtime's.

let session = null;
let settings = null;

/** Makes the model ready. `glue` and `wasm` are the runtime's, `network` the model's file. */
async function prepare({ glue, wasm, network, ...rest }) {
  settings = rest;
  const module = URL.createObjectURL(new Blob([glue], { type: "text/javascript" }));
  ort.env.wasm.numThreads = 1; // more need headers that a page opened from a disk does not have
  ort.env.wasm.wasmBinary = wasm;
  ort.env.wasm.wasmPaths = { mjs: module };
  const options = { executionProviders: ["wasm"], enableCpuMemArena: false, enableMemPattern: false };
  session = await ort.InferenceSession.create(new Uint8Array(network), options);
}

async function score({ file, reference }) {
  const picture = await pixelsOf(file, settings);
  const other = reference ? await pixelsOf(reference, settings) : null;
  if (other && (other.width !== picture.width || other.height !== picture.height)) {
    const sizes = [picture, other].map(({ width, height }) => `${width} × ${height} px`);
    throw new Error(`${sizes[0]}, the reference ${sizes[1]}: both must have one size`);
  }
  const told = settings.crop ? await overCrops(picture, other) : await whole(picture);
  return { ...told, width: picture.width, height: picture.height };
}

async function whole(picture) {
  const found = await run({ image: picture.rgb }, picture.height, picture.width);
  const [rows, columns] = found.attention.dims.slice(1);
  const map = { rows, columns, values: found.attention.data };
  return { score: found.score.data[0], probabilities: found.probabilities && [...found.probabilities.data], map };
}

/** One score for each crop, and their mean; a map of the crops' attention, each weighed towards its middle. */
async function overCrops(picture, other) {
  const { crop: size, overlap, crops } = settings;
  const [height, width] = [Math.max(picture.height, size), Math.max(picture.width, size)];
  const corners = cropCorners(height, width, size, overlap, crops);
  const stitched = stitching(height, width, size);
  let sum = 0;
  for (const [number, [top, left]] of corners.entries()) {
    const pixels = { distorted: cropOf(picture, top, left, size), reference: cropOf(other, top, left, size) };
    const found = await run(pixels, size, size);
    sum += found.score.data[0];
    stitched.add(found.attention, top, left);
    postMessage({ kind: "part", done: number + 1, of: corners.length });
  }
  const map = stitched.map(picture.height, picture.width);
  return { score: sum / corners.length, crops: corners.length, map };
}

async function run(pixels, height, width) {
  const feeds = {};
  for (const [name, values] of Object.entries(pixels)) {
    feeds[name] = new ort.Tensor("uint8", values, [1, height, width, 3]);
  }
  return session.run(feeds);
}

const CELL = 8; // px of the picture to a value of the stitched map

function stitching(height, width, size) {
  const [rows, columns] = [Math.ceil(height / CELL), Math.ceil(width / CELL)];
  const [sums, weights] = [new Float32Array(rows * columns), new Float32Array(rows * columns)];
  const fall = (place) => Math.sin((Math.PI * (place + 0.5)) / size) ** 2 + 1e-3; // towards the borders
  return {
    add({ dims, data }, top, left) {
      const [down, across] = dims.slice(1);
      for (let y = 0; y < size; y += CELL) {
        for (let x = 0; x < size; x += CELL) {
          const at = Math.floor((top + y) / CELL) * columns + Math.floor((left + x) / CELL);
          const value = data[Math.floor((y / size) * down) * across + Math.floor((x / size) * across)];
          const weight = fall(y) * fall(x);
          sums[at] += weight * value;
          weights[at] += weight;
        }
      }
    },
    /** Of the picture itself, without what was mirrored; NaN where no crop lies. */
    map(seenHeight, seenWidth) {
      const [tall, wide] = [Math.ceil(seenHeight / CELL), Math.ceil(seenWidth / CELL)];
      const values = new Float32Array(tall * wide);
      for (let y = 0; y < tall; y++) {
        for (let x = 0; x < wide; x++) {
          const at = y * columns + x;
          values[y * wide + x] = weights[at] ? sums[at] / weights[at] : NaN;
        }
      }
      return { rows: tall, columns: wide, values };
    },
  };
}

function failure(error) {
  const text = String(error?.message ?? error);
  return /memory|alloc|abort/i.test(text) ? "the browser has not enough memory for it" : text;
}

addEventListener("message", async ({ data }) => {
  try {
    if (data.kind === "prepare") {
      await prepare(data);
      postMessage({ kind: "ready" });
    } else {
      postMessage({ kind: "scored", ...(await score(data)) });
    }
  } catch (error) {
    postMessage({ kind: "failed", reason: failure(error), broken: data.kind === "prepare" || /memory/.test(failure(error)) });
  }
});
