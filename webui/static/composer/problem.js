/* What is wrong with one field, under that field, with the nearest good value one press away. */
import { AtElement } from "../core/element.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";

export class Problem extends AtElement {
  static sheets = ["composer_parts"];

  /** Show `problem` ({field, message, limit, nearest}); `use` is called with the value to take. */
  async show(problem, use) {
    const { plain } = await import("./plain.js");
    const { nearest } = problem;
    const usable = nearest !== null && nearest !== undefined && problem.field !== "prompt";
    this.shadowRoot.replaceChildren(h("div", { class: "problem", role: "alert" }, icon("warning"),
      h("span", {}, plain(problem)),
      usable && button({ kind: "button small", press: () => use(nearest) },
        nearest === "" ? t("action.clear") : t("action.use", { value: nearest }))));
  }
}
