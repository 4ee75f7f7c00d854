/* How large what is drawn is when it is drawn over a picture, and where the picture lies in it. Numbers only.

   Pictures that a model can draw at their own size keep it; others are brought to about the model's usual area, in steps that
   every level of its network divides evenly. */
const STEP = 32;
const GRAIN = 8;
const LEAST = 64;
export const MOST_ACROSS = 1024;
export const WIDEST_MARGIN = 512;
export const SIDES = ["left", "top", "right", "bottom"];
export const NO_MARGINS = { left: 0, top: 0, right: 0, bottom: 0 };

const fits = (width, height, { max_pixels: most }) => width * height <= most && Math.max(width, height) <= MOST_ACROSS && Math.min(width, height) >= LEAST;
const snap = (length, step) => Math.max(LEAST, Math.round(length / step) * step);

/** Return { width, height } to draw a picture of this size at. */
export function sizeFor({ width, height }, offer) {
  if (width % GRAIN === 0 && height % GRAIN === 0 && fits(width, height, offer)) return { width, height };
  let area = Math.min(offer.defaults.width * offer.defaults.height, offer.max_pixels);
  for (; ; area *= 0.96) {
    const unit = Math.sqrt(area / (width * height));
    const size = { width: Math.min(MOST_ACROSS, snap(width * unit, STEP)), height: Math.min(MOST_ACROSS, snap(height * unit, STEP)) };
    if (fits(size.width, size.height, offer) || Math.max(size.width, size.height) <= LEAST) return size;
  }
}

/** Return the canvas for a picture with margins: it grows by them as far as the model goes; beyond that the picture becomes
    smaller in it (`smaller`). What is then still too wide is taken off the margins. */
export function canvasFor(picture, margins, offer) {
  const whole = sizeFor(picture, offer);
  for (let cut = NO_MARGINS; ; cut = less(cut, margins)) {
    const used = Object.fromEntries(SIDES.map((side) => [side, margins[side] - cut[side]]));
    for (let share = 1; share > 0; share -= 1 / 64) {
      const inner = { width: snap(whole.width * share, GRAIN), height: snap(whole.height * share, GRAIN) };
      const [width, height] = [inner.width + used.left + used.right, inner.height + used.top + used.bottom];
      if (fits(width, height, offer)) return { width, height, inner, margins: used, smaller: inner.width < whole.width };
    }
    if (!SIDES.some((side) => used[side])) return { ...whole, inner: whole, margins: used, smaller: false };
  }
}

function less(cut, margins) {
  const widest = SIDES.reduce((one, other) => (margins[other] - cut[other] > margins[one] - cut[one] ? other : one));
  return { ...cut, [widest]: cut[widest] + GRAIN };
}

/** Return where things lie, in pixels of what is drawn: the `frame` that is drawn, the part of it that the picture is fitted
    into (`inner`), and the `picture`, which may reach over that. */
export function placed(picture, fit, { width, height }, margins = NO_MARGINS) {
  const inner = { x: margins.left, y: margins.top, width: width - margins.left - margins.right, height: height - margins.top - margins.bottom };
  const [across, down] = [inner.width / picture.width, inner.height / picture.height];
  const scale = fit === "crop" ? Math.max(across, down) : Math.min(across, down);
  const [w, h] = fit === "stretch" ? [inner.width, inner.height] : [picture.width * scale, picture.height * scale];
  return { frame: { x: 0, y: 0, width, height }, inner, picture: { x: inner.x + (inner.width - w) / 2, y: inner.y + (inner.height - h) / 2, width: w, height: h } };
}

/** Return the share of the picture that is cut off at each pair of sides, 0 to 1. */
export function cutOff({ inner, picture }) {
  return { across: Math.max(0, 1 - inner.width / picture.width), down: Math.max(0, 1 - inner.height / picture.height) };
}
