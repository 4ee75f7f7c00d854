/* A grid of any number of tiles, of which only those near the window are in the document.
   Rows far away are taken out and built again when one scrolls back; the page keeps its height, so nothing moves. */
import { h } from "../core/dom.js";
import { GAP, layOut, rowAt } from "./rows.js";

// How many heights of the window are kept ready before and after it.
const BEFORE = 1.5;
const AFTER = 2.5;
export const MOST_TILES = 2_000;

export class Grid {
  #rows = [];
  #mounted = new Map();
  #drawn = 0;
  #items = [];
  #shape = { width: 0, size: 200, square: false };
  active = 0;

  /** `tile` returns a cell for an item and its place; `near` is called when the end comes near, `passed` with the place at the top of the window. */
  constructor({ label, tile, near, passed }) {
    Object.assign(this, { tile, near, passed });
    this.element = h("div", { class: "grid", role: "grid", "aria-label": label, "aria-multiselectable": "true" });
    this.observer = new ResizeObserver(([entry]) => this.shape({ width: entry.contentRect.width }));
  }

  connect() {
    // Not first told by the observer, which speaks after the next frame was laid out.
    this.shape({ width: this.element.clientWidth });
    this.observer.observe(this.element);
    this.scrolled = () => { this.#drawn ||= requestAnimationFrame(() => { this.#drawn = 0; this.draw(); }); };
    addEventListener("scroll", this.scrolled, { passive: true });
  }

  disconnect() {
    this.observer.disconnect();
    removeEventListener("scroll", this.scrolled);
    cancelAnimationFrame(this.#drawn);
  }

  get rows() {
    return this.#rows;
  }

  /** Show other items, from the start. */
  set(items) {
    this.#items = items;
    this.active = 0;
    this.anew();
  }

  /** More items follow those that are laid out: only the last row may change. */
  grew() {
    const kept = this.#rows.slice(0, -1);
    this.#forget(this.#rows.length - 1);
    this.#rows = layOut(this.#ratios(), this.#shape, kept);
    this.#measure();
  }

  /** Lay everything out again; the picture at the top of the window stays there. */
  anew() {
    const anchor = this.#anchor();
    this.#mounted.forEach((row) => row.remove());
    this.#mounted.clear();
    this.#rows = layOut(this.#ratios(), this.#shape);
    this.active = Math.max(0, Math.min(this.active, this.#items.length - 1));
    this.#measure();
    if (anchor) scrollTo({ top: scrollY + this.#topOf(anchor.place) - anchor.seen });
  }

  shape(change) {
    const shape = { ...this.#shape, ...change };
    if (Object.keys(shape).every((name) => shape[name] === this.#shape[name])) return;
    this.#shape = shape;
    this.anew();
  }

  /** Build the tiles of some places again. */
  renew(places) {
    for (const place of places) {
      const cell = this.cellAt(place);
      if (!cell) continue;
      const focused = cell.contains(this.element.getRootNode().activeElement);
      const row = this.#rows[this.rowOf(place)];
      cell.replaceWith(this.#cell(place, row));
      if (focused) this.focus(place);
    }
  }

  /** Put the rows near the window into the document, and take the others out; the one with the focus stays. */
  draw() {
    if (!this.#rows.length) return;
    const top = -this.element.getBoundingClientRect().top;
    const first = rowAt(this.#rows, top - innerHeight * BEFORE);
    this.passed(this.#rows[Math.min(rowAt(this.#rows, Math.max(0, top)), this.#rows.length - 1)].first);
    let last = rowAt(this.#rows, top + innerHeight * (1 + AFTER));
    const tiles = (row) => this.#rows[row].first - this.#rows[first].first;
    while (last > first && last < this.#rows.length && tiles(last) > MOST_TILES) last -= 1;
    const focused = this.element.getRootNode().activeElement && this.element.contains(this.element.getRootNode().activeElement) ? this.rowOf(this.active) : -1;
    for (const [place, row] of this.#mounted) {
      if ((place >= first && place <= last) || place === focused) continue;
      row.remove();
      this.#mounted.delete(place);
    }
    for (let place = first; place <= Math.min(last, this.#rows.length - 1); place += 1) this.#mount(place);
    if (last >= this.#rows.length - 1) this.near();
  }

  rowOf(place) {
    let row = 0;
    let high = this.#rows.length - 1;
    while (row < high) {
      const middle = (row + high + 1) >> 1;
      if (this.#rows[middle].first <= place) row = middle;
      else high = middle - 1;
    }
    return row;
  }

  cellAt(place) {
    return this.#mounted.get(this.rowOf(place))?.querySelector(`[data-place="${place}"]`) ?? null;
  }

  /** Make a tile the one that Tab leads to; `focus`: and go there. */
  focus(place, focus = true) {
    this.cellAt(this.active)?.querySelector(".picture")?.setAttribute("tabindex", "-1");
    this.active = place;
    if (!this.#rows.length) return;
    this.#mount(this.rowOf(place));
    const picture = this.cellAt(place).querySelector(".picture");
    picture.setAttribute("tabindex", "0");
    if (!focus) return;
    picture.focus({ preventScroll: true });
    picture.scrollIntoView({ block: "nearest" });
    this.draw();
  }

  #ratios() {
    return this.#items.map(({ image }) => image.width / image.height);
  }

  #measure() {
    const last = this.#rows.at(-1);
    this.element.style.height = last ? `${last.top + last.height}px` : "0";
    this.element.setAttribute("aria-rowcount", String(this.#rows.length));
    this.draw();
  }

  #mount(place) {
    if (this.#mounted.has(place)) return;
    const row = this.#rows[place];
    const element = h("div", { class: "row", role: "row", "aria-rowindex": place + 1, style: { top: `${row.top}px`, height: `${row.height}px`, gap: `${GAP}px` } },
      row.widths.map((_, index) => this.#cell(row.first + index, row)));
    const after = [...this.#mounted].filter(([other]) => other > place).sort(([one], [other]) => one - other)[0]?.[1] ?? null;
    this.element.insertBefore(element, after);
    this.#mounted.set(place, element);
  }

  #cell(place, row) {
    const cell = this.tile(this.#items[place], place, { width: row.widths[place - row.first], height: row.height });
    cell.querySelector(".picture").setAttribute("tabindex", place === this.active ? "0" : "-1");
    return cell;
  }

  #forget(place) {
    this.#mounted.get(place)?.remove();
    this.#mounted.delete(place);
  }

  #anchor() {
    const seen = this.element.getBoundingClientRect().top;
    if (!this.#rows.length || seen >= 0) return null;
    const place = this.#rows[Math.min(rowAt(this.#rows, -seen), this.#rows.length - 1)].first;
    return place < this.#items.length ? { place, seen: this.#topOf(place) } : null;
  }

  /** Return where a tile's row begins, in the window. */
  #topOf(place) {
    return this.element.getBoundingClientRect().top + this.#rows[this.rowOf(place)].top;
  }
}
