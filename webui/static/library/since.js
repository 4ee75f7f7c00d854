/* Says that the grid begins with a month, and leads back to the newest. */
import { button, h, icon } from "../core/dom.js";
import { month } from "../core/format.js";
import { t } from "../core/i18n.js";

export class Since {
  constructor(back) {
    this.text = h("p", { role: "status" });
    this.element = h("div", { class: "since", hidden: true }, this.text, button({ kind: "button small", press: back }, icon("up"), t("timeline.newest")));
  }

  show(until) {
    this.element.hidden = !until;
    this.text.textContent = until ? t("timeline.from", { month: month(until) }) : "";
  }
}
