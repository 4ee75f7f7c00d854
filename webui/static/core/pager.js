/* Pages of a list that is looked at again and again: which one is shown, and the buttons that turn it. */
import { button, h, icon } from "./dom.js";
import { number } from "./format.js";
import { t } from "./i18n.js";

export class Pager {
  #cursors = [null];
  #next = null;

  /** `turned` is called after a page was turned. */
  constructor(size, turned) {
    this.size = size;
    this.turned = turned;
    this.back = button({ kind: "button small", press: () => this.#turn(() => this.#cursors.pop()) }, icon("left"), t("pager.back"));
    this.on = button({ kind: "button small", press: () => this.#turn(() => this.#cursors.push(this.#next)) }, t("pager.on"), icon("right"));
    this.text = h("span", { class: "sub" });
    this.element = h("nav", { class: "pager", "aria-label": t("pager"), hidden: true }, this.back, this.text, this.on);
  }

  /** What to ask the API for. */
  get query() {
    const cursor = this.#cursors.at(-1);
    return new URLSearchParams({ limit: this.size, ...(cursor && { cursor }) });
  }

  /** How many rows lie before the page. */
  get before() {
    return (this.#cursors.length - 1) * this.size;
  }

  /** Take in how many rows the page has, and where the next one starts; return false when it ran empty and is left. */
  learn(count, next) {
    if (!count && this.before) {
      this.#turn(() => { this.#cursors = [null]; });
      return false;
    }
    this.#next = next;
    this.back.disabled = !this.before;
    this.on.disabled = !next;
    this.text.textContent = `${number(this.before + 1)} – ${number(this.before + count)}`;
    this.element.hidden = !this.before && !next;
    return true;
  }

  #turn(change) {
    change();
    this.back.disabled = this.on.disabled = true;
    this.turned();
  }
}
