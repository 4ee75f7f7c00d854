/* What is wrong with one field, under that field, with the nearest good value one press away. */
import { AtElement } from "../core/element.js";
import { button, h, icon } from "../core/dom.js";
import { has, t } from "../core/i18n.js";

export class Problem extends AtElement {
  static sheets = ["composer_parts"];

  /** Show `problem` ({field, message, limit, nearest}); `use` is called with the value to take. */
  show(problem, use) {
    const { nearest } = problem;
    const usable = nearest !== null && nearest !== undefined && problem.field !== "prompt";
    this.shadowRoot.replaceChildren(h("div", { class: "problem", role: "alert" }, icon("warning"),
      h("span", {}, plain(problem)),
      usable && button({ kind: "button small", press: () => use(nearest) },
        nearest === "" ? t("action.clear") : t("action.use", { value: nearest }))));
  }
}

/** Return the problem in the reader's language where we know its shape, else as the API said it. */
function plain({ field, message, limit }) {
  if (field === "prompt" && limit?.startsWith("at least")) return t("trouble.empty_prompt");
  if (has(`trouble.${field}`)) return t(`trouble.${field}`);
  const between = limit?.match(/^between (\S+) and (\S+)$/);
  if (between) return t("trouble.between", { low: between[1], high: between[2] });
  return message.charAt(0).toUpperCase() + message.slice(1);
}
