// From a file to the pixels that a model sees: decoded by the browser, upright, in sRGB, over white, 8 bits.

/** RGB bytes of a file, with their size. Throws where it is no picture that the browser knows, or too large or small. */
async function pixelsOf(file, limits) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image", colorSpaceConversion: "default" });
  } catch {
    throw new Error("this browser cannot read it as a picture");
  }
  const { width, height } = bitmap;
  try {
    checkSize(width, height, limits);
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d", { colorSpace: "srgb", willReadFrequently: true });
    context.fillStyle = "#fff"; // what is transparent lies over white, as the command line has it
    context.fillRect(0, 0, width, height);
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    const rgb = new Uint8Array(width * height * 3);
    for (let from = 0, to = 0; from < data.length; from += 4, to += 3) {
      rgb[to] = data[from];
      rgb[to + 1] = data[from + 1];
      rgb[to + 2] = data[from + 2];
    }
    return { width, height, rgb };
  } finally {
    bitmap.close();
  }
}

function checkSize(width, height, { least, most, model }) {
  const size = `${width} × ${height} px`;
  if (Math.min(width, height) < least) throw new Error(`${size} is too small: ${model} needs ${least} px a side`);
  if (width * height > most) {
    const limit = `${Math.round(most / 1e6)} megapixels`;
    throw new Error(`${size} is more than the ${limit} a browser has memory for: iqa score FILE -m ${model} takes it`);
  }
}

/** A square of a picture, mirrored at the right and the bottom where the picture is smaller. */
function cropOf({ width, height, rgb }, top, left, size) {
  const crop = new Uint8Array(size * size * 3);
  for (let y = 0, to = 0; y < size; y++) {
    const line = mirrored(top + y, height) * width;
    for (let x = 0; x < size; x++, to += 3) {
      const from = (line + mirrored(left + x, width)) * 3;
      crop[to] = rgb[from];
      crop[to + 1] = rgb[from + 1];
      crop[to + 2] = rgb[from + 2];
    }
  }
  return crop;
}
