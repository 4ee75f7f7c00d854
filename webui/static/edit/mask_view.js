/* Where the sheet that is painted on lies in its frame: fitted, or larger and moved. Knows where a pointer is on it. */
const MOST = 16;
const EDGE = 12;

export class View {
  /** `sheet` lies in `stage`; `changed` is told when it lies elsewhere. */
  constructor(stage, sheet, changed) {
    Object.assign(this, { stage, sheet, changed, width: 1, height: 1, zoom: 1, x: 0, y: 0 });
  }

  /** Take the size of the picture. */
  load({ width, height }) {
    Object.assign(this, { width, height });
    this.fit();
  }

  fit() {
    Object.assign(this, { zoom: 1, x: 0, y: 0 });
    this.lay();
  }

  /** How many pixels of the window a pixel of the picture takes. */
  get scale() {
    return Math.max(0.01, Math.min((this.stage.clientWidth - 2 * EDGE) / this.width, (this.stage.clientHeight - 2 * EDGE) / this.height)) * this.zoom;
  }

  /** Return where on the picture a pointer is, in its own pixels. */
  at({ clientX, clientY }) {
    const box = this.sheet.getBoundingClientRect();
    return { x: ((clientX - box.x) * this.width) / box.width, y: ((clientY - box.y) * this.height) / box.height };
  }

  /** Show it so much larger; what lies under `point` of the window stays there. */
  by(factor, point = null) {
    const zoom = Math.min(MOST, Math.max(1, this.zoom * factor));
    const box = this.stage.getBoundingClientRect();
    const [px, py] = point ? [point.clientX - box.x - box.width / 2, point.clientY - box.y - box.height / 2] : [0, 0];
    const grown = zoom / this.zoom;
    this.x = px - (px - this.x) * grown;
    this.y = py - (py - this.y) * grown;
    this.zoom = zoom;
    this.lay();
  }

  pan(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.lay();
  }

  /** Bring a point of the picture into sight. */
  reveal({ x, y }) {
    const { scale } = this;
    const [cx, cy] = [(x - this.width / 2) * scale + this.x, (y - this.height / 2) * scale + this.y];
    const over = (value, half) => Math.sign(value) * Math.max(0, Math.abs(value) - half);
    this.pan(-over(cx, this.stage.clientWidth / 2 - EDGE * 2), -over(cy, this.stage.clientHeight / 2 - EDGE * 2));
  }

  /** Keep the sheet from leaving its frame, and put it where it is. */
  lay() {
    const [width, height] = [this.width * this.scale, this.height * this.scale];
    const held = (value, over) => Math.max(-Math.max(0, over) / 2, Math.min(Math.max(0, over) / 2, value));
    this.x = held(this.x, width - this.stage.clientWidth + 2 * EDGE);
    this.y = held(this.y, height - this.stage.clientHeight + 2 * EDGE);
    const left = (this.stage.clientWidth - width) / 2 + this.x;
    const top = (this.stage.clientHeight - height) / 2 + this.y;
    Object.assign(this.sheet.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
    this.changed();
  }
}
