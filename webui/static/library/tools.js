/* How the grid looks: the size of its tiles, squares or whole pictures, stacks as one; remembered on this device. */
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";

const SIZE = "atelier.library.size";
const SQUARE = "atelier.library.square";
const [SMALLEST, USUAL, LARGEST] = [110, 200, 420];

/** Return how high a tile is on this device. */
export const keptSize = () => Math.min(LARGEST, Math.max(SMALLEST, Number(localStorage.getItem(SIZE)) || USUAL));

export class Tools {
  stackedNow = false;

  constructor({ shaped, stacked }) {
    const size = keptSize();
    this.shape = { size, square: localStorage.getItem(SQUARE) === "yes" };
    this.size = h("input", { type: "range", min: SMALLEST, max: LARGEST, step: 10, value: size, "aria-label": t("library.size"), title: t("library.size"), oninput: () => this.reshape({ size: Number(this.size.value) }, shaped) });
    this.square = button({ kind: "round", label: t("library.square"), "aria-pressed": String(this.shape.square), press: () => this.reshape({ square: !this.shape.square }, shaped) }, icon("library"));
    this.stack = button({ kind: "round", label: t("library.stacks"), "aria-pressed": "false", press: () => { this.stacked = !this.stackedNow; stacked(); } }, icon("stack"));
    this.element = h("div", { class: "looks" }, this.stack, this.square, this.size);
  }

  get stacked() {
    return this.stackedNow;
  }

  set stacked(on) {
    this.stackedNow = on;
    this.stack.setAttribute("aria-pressed", String(on));
  }

  reshape(change, shaped) {
    Object.assign(this.shape, change);
    localStorage.setItem(SIZE, String(this.shape.size));
    localStorage.setItem(SQUARE, this.shape.square ? "yes" : "no");
    this.square.setAttribute("aria-pressed", String(this.shape.square));
    shaped({ ...this.shape });
  }
}
