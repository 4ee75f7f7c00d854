/* The hand that paints: pointers of every kind, and keys alone. Tells the editor where a line begins, goes and ends. */
const LIGHT = 0.3;

export class Hand {
  #pointers = new Map();
  #panning = false;

  /** `editor` has `view`, `begin`, `move`, `end`, `drop`, `hover` and `heard`. */
  constructor(stage, editor) {
    Object.assign(this, { stage, editor, space: false, keyboard: true, down: false });
    const on = (type, heard, options) => stage.addEventListener(type, heard, options);
    on("pointerdown", (event) => this.#down(event));
    on("pointermove", (event) => this.#move(event));
    for (const type of ["pointerup", "pointercancel", "lostpointercapture"]) on(type, (event) => this.#up(event));
    on("pointerleave", () => { if (!this.keyboard) editor.hover(null); });
    on("wheel", (event) => this.#wheel(event), { passive: false });
    on("contextmenu", (event) => event.preventDefault());
  }

  #down(event) {
    this.stage.setPointerCapture(event.pointerId);
    this.stage.focus({ preventScroll: true });
    this.keyboard = false;
    this.#pointers.set(event.pointerId, event);
    if (this.#pointers.size === 2) return this.#drop(); // the first of two fingers meant no line
    if (this.#pointers.size > 2) return;
    this.#panning = this.space || event.button === 1;
    this.stage.classList.toggle("panning", this.#panning);
    if (this.#panning) return;
    this.down = true;
    this.editor.begin(this.#point(event), event.button === 2 || event.altKey);
  }

  #move(event) {
    const before = this.#pointers.get(event.pointerId);
    if (!before) {
      this.keyboard = false;
      if (event.pointerType !== "touch") this.editor.hover(this.#point(event));
      return;
    }
    const [other] = [...this.#pointers.values()].filter(({ pointerId }) => pointerId !== event.pointerId);
    this.#pointers.set(event.pointerId, event);
    if (other) this.#pinch(before, event, other);
    else if (this.#panning) this.editor.view.pan(event.clientX - before.clientX, event.clientY - before.clientY);
    else if (this.down) for (const one of coalesced(event)) this.editor.move(this.#point(one));
  }

  #up({ pointerId }) {
    if (!this.#pointers.delete(pointerId) || this.#pointers.size) return;
    this.stage.classList.remove("panning");
    this.#panning = false;
    if (this.down) this.editor.end();
    this.down = false;
  }

  #drop() {
    if (this.down) this.editor.drop();
    this.down = false;
  }

  #pinch(before, now, other) {
    const apart = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) || 1;
    const middle = { clientX: (now.clientX + other.clientX) / 2, clientY: (now.clientY + other.clientY) / 2 };
    this.editor.view.by(apart(now) / apart(before), middle);
    this.editor.view.pan((now.clientX - before.clientX) / 2, (now.clientY - before.clientY) / 2);
  }

  #wheel(event) {
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
    this.editor.view.by(Math.exp(-pixels * (event.ctrlKey ? 0.01 : 0.0016)), event);
  }

  /** Return where the pointer is on the picture, and how hard a pen is pressed, 0 to 1. */
  #point(event) {
    const force = event.pointerType === "pen" && event.pressure ? LIGHT + (1 - LIGHT) * event.pressure : 1;
    return { ...this.editor.view.at(event), force };
  }
}

/** Return all that a pointer did since the last move, and the move itself where the browser does not say. */
function coalesced(event) {
  const all = event.getCoalescedEvents?.() ?? [];
  return all.length ? all : [event];
}
