/* A bar at the bottom for the images that are selected. What can be done with them is loaded when the first one is. */
import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";

export class Bulk {
  constructor(selection, results, scope) {
    Object.assign(this, { selection, results, scope });
    this.element = h("div", { class: "bulk", role: "toolbar", "aria-label": t("bulk"), hidden: true });
  }

  get items() {
    return this.results.items.filter(({ image }) => this.selection.has(image.id));
  }

  get ids() {
    return this.items.map(({ image }) => image.id);
  }

  async show() {
    const { items } = this;
    this.element.hidden = !items.length;
    const kind = [items.length, this.results.inTrash, items.some(({ image }) => image.can_curate), this.scope.lets(items)].join();
    if (this.element.hidden || kind === this.kind) return;
    this.kind = kind;
    const { actsOn } = await import("./bulk_acts.js");
    if (this.kind === kind) this.element.replaceChildren(...actsOn(this, items));
  }
}
