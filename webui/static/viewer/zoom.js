/* Zooming and panning pictures, by wheel, pinch, double click, drag and keys. Several frames move as one. */
const MOST = 16;
const DOUBLE = 2;
const SWIPE_PX = 60;

export class Zoom {
  #frames;
  #pointers = new Map();
  #moved = { x: 0, y: 0 };

  /** Each frame shows one or more pictures. `changed` is told the scale; `swiped` is told the way, where all is shown. */
  constructor(frames, { changed = () => null, swiped = () => null } = {}) {
    this.#frames = frames;
    this.changed = changed;
    this.swiped = swiped;
    this.fit();
    frames.forEach((frame) => this.#listen(frame));
  }

  /** Show all of it. */
  fit() {
    Object.assign(this, { scale: 1, x: 0, y: 0 });
    this.#paint(true);
  }

  /** Show it so much larger; what lies under `at` (a point of the window, else the middle) stays there. */
  by(factor, { at = null, frame = this.#frames[0], smooth = true } = {}) {
    const scale = Math.min(MOST, Math.max(1, this.scale * factor));
    const box = frame.getBoundingClientRect();
    const px = at ? at.x - box.x - box.width / 2 : 0;
    const py = at ? at.y - box.y - box.height / 2 : 0;
    this.x = px - (px - this.x) * (scale / this.scale);
    this.y = py - (py - this.y) * (scale / this.scale);
    this.scale = scale;
    this.#paint(smooth);
  }

  /** Change between all of it and its own pixels (or twice as large, where those are fewer). */
  toggle(at = null, frame = this.#frames[0]) {
    if (this.scale > 1) return this.fit();
    const picture = frame.querySelector("img");
    return this.by(Math.max(DOUBLE, Number(picture.dataset.width ?? picture.naturalWidth) / picture.clientWidth), { at, frame });
  }

  pan(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.#paint(false);
  }

  #listen(frame) {
    frame.addEventListener("wheel", (event) => this.#wheel(event, frame), { passive: false });
    frame.addEventListener("dblclick", (event) => this.toggle({ x: event.clientX, y: event.clientY }, frame));
    frame.addEventListener("pointerdown", (event) => this.#down(event, frame));
    frame.addEventListener("pointermove", (event) => this.#move(event, frame));
    for (const type of ["pointerup", "pointercancel"]) frame.addEventListener(type, (event) => this.#up(event));
  }

  #wheel(event, frame) {
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
    this.by(Math.exp(-pixels * (event.ctrlKey ? 0.01 : 0.0016)), { at: { x: event.clientX, y: event.clientY }, frame, smooth: false });
  }

  #down(event, frame) {
    if (event.button) return;
    frame.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.#moved = { x: 0, y: 0 };
  }

  #move(event, frame) {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    const [other] = [...this.#pointers].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
    this.#pointers.set(event.pointerId, now);
    if (other) this.#pinch(before, now, other, frame);
    else if (this.scale > 1) this.pan(now.x - before.x, now.y - before.y);
    else this.#moved = { x: this.#moved.x + now.x - before.x, y: this.#moved.y + now.y - before.y };
  }

  #pinch(before, now, other, frame) {
    const apart = (one) => Math.hypot(one.x - other.x, one.y - other.y) || 1;
    this.by(apart(now) / apart(before), { at: { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 }, frame, smooth: false });
  }

  #up(event) {
    this.#pointers.delete(event.pointerId);
    const { x, y } = this.#moved;
    if (event.pointerType === "touch" && Math.abs(x) > SWIPE_PX && Math.abs(x) > 2 * Math.abs(y)) this.swiped(x < 0 ? 1 : -1);
    this.#moved = { x: 0, y: 0 };
  }

  /** Keep a picture from leaving its frame, and draw it where it is. */
  #paint(smooth) {
    for (const frame of this.#frames) {
      const [first] = frame.querySelectorAll("img");
      if (!first) continue;
      this.x = held(this.x, first.clientWidth * this.scale - frame.clientWidth);
      this.y = held(this.y, first.clientHeight * this.scale - frame.clientHeight);
    }
    for (const frame of this.#frames) {
      frame.classList.toggle("smooth", smooth);
      frame.classList.toggle("large", this.scale > 1);
      for (const picture of frame.querySelectorAll("img")) picture.style.transform = `translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
    }
    this.changed(this.scale);
  }
}

/** Return the keys that zoom. */
export const zoomKeys = (zoom) => ({ "+": () => zoom.by(1.4), "=": () => zoom.by(1.4), "-": () => zoom.by(1 / 1.4), 0: () => zoom.fit(), z: () => zoom.toggle() });

const held = (value, over) => Math.max(-Math.max(0, over) / 2, Math.min(Math.max(0, over) / 2, value));
