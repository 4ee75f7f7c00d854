/* What is painted on a mask, as operations that can be taken back and done again: each is drawn onto a canvas on which what is
   painted is opaque and the rest is clear. The newest are kept as they were done; older ones are one picture. */
const KEPT = 120;

const OPERATIONS = {
  stroke: (ctx, { points }) => points.forEach((point, place) => segment(ctx, points[place - 1] ?? point, point)),
  rect: (ctx, { from, to }) => ctx.fillRect(Math.min(from.x, to.x), Math.min(from.y, to.y), Math.abs(to.x - from.x), Math.abs(to.y - from.y)),
  lasso: (ctx, { points }) => {
    ctx.beginPath();
    points.forEach(({ x, y }) => ctx.lineTo(x, y));
    ctx.closePath();
    ctx.fill();
  },
  fill: (ctx) => ctx.fillRect(0, 0, ctx.canvas.width, ctx.canvas.height),
  picture: (ctx, { picture }) => ctx.drawImage(picture, 0, 0),
};
const BLENDS = { invert: "source-out", erase: "destination-out" };

/** Draw one operation; `taking` away or adding, `mirrored` on both sides of the middle. */
export function draw(ctx, { kind, taking, mirrored, across = ctx.canvas.width, ...what }) {
  ctx.save();
  ctx.globalCompositeOperation = kind === "invert" ? BLENDS.invert : taking ? BLENDS.erase : "source-over";
  twice(ctx, mirrored && across, () => (OPERATIONS[kind] ?? OPERATIONS.fill)(ctx, what));
  ctx.restore();
}

/** Draw something, and where it is `mirrored`, on a canvas so many pixels across, once more on the other side. */
export function twice(ctx, across, act) {
  act();
  if (!across) return;
  ctx.save();
  ctx.transform(-1, 0, 0, 1, across, 0);
  act();
  ctx.restore();
}

/** Draw the part of a stroke between two of its points, each { x, y, width }. */
export function segment(ctx, from, to) {
  ctx.lineCap = ctx.lineJoin = "round";
  ctx.lineWidth = to.width;
  ctx.beginPath();
  ctx.moveTo(from.x, from.y);
  // A line of no length draws no dot.
  ctx.lineTo(to.x + (from.x === to.x && from.y === to.y ? 0.01 : 0), to.y);
  ctx.stroke();
}

export class Painting {
  #done = [];
  #undone = [];

  constructor(width, height, colour = "#000") {
    this.canvas = Object.assign(document.createElement("canvas"), { width, height });
    this.ctx = this.canvas.getContext("2d", { willReadFrequently: true });
    this.base = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d");
    for (const ctx of [this.ctx, this.base]) ctx.fillStyle = ctx.strokeStyle = colour;
  }

  get canUndo() { return this.#done.length > 0; }
  get canRedo() { return this.#undone.length > 0; }

  /** Begin with what was painted before; it is not taken back. */
  begin(picture) {
    this.base.drawImage(picture, 0, 0, this.canvas.width, this.canvas.height);
    this.#again();
  }

  /** Do one more; `drawn`: it is on the canvas already. */
  add(operation, drawn = false) {
    this.#done.push(operation);
    this.#undone = [];
    if (!drawn) draw(this.ctx, operation);
    if (this.#done.length > KEPT) draw(this.base, this.#done.shift());
  }

  undo() {
    if (this.canUndo) this.#undone.push(this.#done.pop());
    this.#again();
  }

  redo() {
    if (!this.canRedo) return;
    this.#done.push(this.#undone.pop());
    this.#again();
  }

  /** Draw anew what is done: whatever was only begun is gone. */
  #again() {
    this.ctx.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.ctx.drawImage(this.base.canvas, 0, 0);
    this.#done.forEach((operation) => draw(this.ctx, operation));
  }

  revert() { this.#again(); }
}
