/* How what is painted is shown: in stripes of two colours, one dark and one bright, so that one of them shows on any picture. */
import { draw } from "./strokes.js";

const ACROSS = 7; // of a stripe, in pixels of the window
const COLOURS = ["#ff2d78", "#ffd6e4"];
let kept = null;

/** Show what `editor` holds on the canvas over the picture, as fine as the window shows it, with its edge as soft as it will be. */
export function show({ shown, painting, line, inverted, softened, view }) {
  const { canvas } = painting;
  const fine = Math.min(1, view.scale * devicePixelRatio);
  const [width, height] = [Math.max(1, Math.round(canvas.width * fine)), Math.max(1, Math.round(canvas.height * fine))];
  if (shown.width !== width || shown.height !== height) Object.assign(shown, { width, height });
  const ctx = shown.getContext("2d");
  ctx.setTransform(width / canvas.width, 0, 0, height / canvas.height, 0, 0);
  ctx.globalCompositeOperation = "copy";
  // A browser that cannot soften here shows the edge as it was painted; the mask is softened when it is drawn.
  ctx.filter = softened ? `blur(${softened * width}px)` : "none";
  ctx.drawImage(canvas, 0, 0);
  ctx.filter = "none";
  if (line && line.kind !== "stroke") draw(ctx, line);
  ctx.globalCompositeOperation = inverted ? "source-out" : "source-in";
  ctx.fillStyle = stripes(ctx, 1 / view.scale);
  ctx.fillRect(0, 0, canvas.width, canvas.height);
}

/** Return a pattern for `ctx` whose stripes look alike however large the picture is shown; `scale` is its pixels a window's. */
function stripes(ctx, scale) {
  const pattern = ctx.createPattern(tile(), "repeat");
  pattern.setTransform(new DOMMatrix().scale(scale).rotate(45));
  return pattern;
}

function tile() {
  if (kept) return kept;
  kept = Object.assign(document.createElement("canvas"), { width: ACROSS * 2, height: ACROSS * 2 });
  const ctx = kept.getContext("2d");
  COLOURS.forEach((colour, place) => { ctx.fillStyle = colour; ctx.fillRect(place * ACROSS, 0, ACROSS, ACROSS * 2); });
  return kept;
}
