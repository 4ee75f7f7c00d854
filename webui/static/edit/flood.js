/* Filling what is closed around a point of a drawing. */
const HALF = 127;

/** Return a canvas with the closed part around a point in white; null where the point lies on a line, or nothing closes it in. */
export function flooded(canvas, { x, y }) {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const start = Math.floor(y) * width + Math.floor(x);
  const open = (place) => data[place * 4 + 3] <= HALF;
  if (x < 0 || y < 0 || x >= width || y >= height || !open(start)) return null;
  const taken = new Uint8Array(width * height);
  const next = [start];
  taken[start] = 1;
  while (next.length) {
    const place = next.pop();
    const across = place % width;
    if (across === 0 || across === width - 1 || place < width || place >= width * (height - 1)) return null; // it runs out
    for (const beside of [place - 1, place + 1, place - width, place + width]) {
      if (taken[beside]) continue;
      taken[beside] = 1; // the edge of a line, too: it is not quite white
      if (open(beside)) next.push(beside);
    }
  }
  return whiteOf(taken, width, height);
}

function whiteOf(taken, width, height) {
  const filled = Object.assign(document.createElement("canvas"), { width, height });
  const pixels = new ImageData(width, height);
  taken.forEach((is, place) => { if (is) pixels.data.fill(255, place * 4, place * 4 + 4); });
  filled.getContext("2d").putImageData(pixels, 0, 0);
  return filled;
}
