/* A mask as a file: black and white, nothing between, at the picture's own size; and back. */
const HALF = 127;

/** Return { share, blob } of what is painted: the share of the picture, and the PNG, white there. */
export async function fileOf(canvas) {
  const { width, height } = canvas;
  const pixels = canvas.getContext("2d").getImageData(0, 0, width, height);
  let count = 0;
  for (let place = 0; place < pixels.data.length; place += 4) {
    const white = pixels.data[place + 3] > HALF;
    count += white;
    pixels.data.fill(white ? 255 : 0, place, place + 3);
    pixels.data[place + 3] = 255;
  }
  const file = Object.assign(document.createElement("canvas"), { width, height });
  file.getContext("2d").putImageData(pixels, 0, 0);
  return { share: count / (width * height), blob: await new Promise((done) => file.toBlob(done, "image/png")) };
}

/** Return a canvas on which what is white in a mask is opaque and the rest is clear. */
export function paintedOf(picture, { width, height }) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const ctx = canvas.getContext("2d");
  ctx.drawImage(picture, 0, 0, width, height);
  const pixels = ctx.getImageData(0, 0, width, height);
  for (let place = 0; place < pixels.data.length; place += 4) pixels.data[place + 3] = pixels.data[place] > HALF ? 255 : 0;
  ctx.putImageData(pixels, 0, 0);
  return canvas;
}

/** Load a picture; resolves when it can be drawn. */
export function loaded(address) {
  const picture = new Image();
  picture.src = address;
  return picture.decode().then(() => picture);
}
