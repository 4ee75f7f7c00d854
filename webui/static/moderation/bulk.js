/* Deciding several cases alike: of one category only, and with how many they are said first. */
import { button, h, icon } from "../core/dom.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { decideSeveral } from "./acts.js";

export class Bulk {
  /** `done` is given the ids that were decided. */
  constructor(done) {
    this.done = done;
    this.chosen = new Map();
    this.text = h("span", {});
    this.acts = h("span", { class: "acts" },
      button({ kind: "button small ok", press: () => this.decide("release") }, icon("check"), t("moderation.release")),
      button({ kind: "button small bad", press: () => this.decide("reject") }, icon("close"), t("moderation.reject")));
    this.element = h("div", { class: "several", role: "region", "aria-label": t("moderation.several"), hidden: true }, this.text, this.acts,
      button({ kind: "button small quiet", press: () => this.clear() }, t("moderation.several.none")));
  }

  has(flag) {
    return this.chosen.has(flag.id);
  }

  check(flag, checked) {
    if (checked) this.chosen.set(flag.id, flag);
    else this.chosen.delete(flag.id);
    this.show();
  }

  clear() {
    for (const { box } of this.chosen.values()) if (box) box.checked = false;
    this.chosen.clear();
    this.show();
    this.done([]);
  }

  show() {
    const kinds = new Set([...this.chosen.values()].map(({ category }) => category));
    this.element.hidden = !this.chosen.size;
    this.acts.hidden = kinds.size !== 1;
    this.text.textContent = t(kinds.size > 1 ? "moderation.several.mixed" : "moderation.several.count", { count: number(this.chosen.size) });
  }

  async decide(decision) {
    const [{ category }] = this.chosen.values();
    const decided = await decideSeveral([...this.chosen.keys()], category, decision);
    if (!decided.length) return;
    this.chosen.clear();
    this.show();
    this.done(decided);
  }
}
