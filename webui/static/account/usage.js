/* Credits: what one, and one's team, have spent today and this month, and how much that may be. */
import { api } from "../core/api.js";
import { AtElement } from "../core/element.js";
import { button, h, icon } from "../core/dom.js";
import { credits, moment } from "../core/format.js";
import { t } from "../core/i18n.js";

export class Usage extends AtElement {
  static sheets = ["account"];

  render() {
    this.list = h("div", { class: "meters" }, h("div", { class: "ghost meter-of", "aria-hidden": "true" }));
    this.shadowRoot.append(h("section", { "aria-labelledby": "heading" },
      h("header", { class: "section" }, h("div", {}, h("h2", { id: "heading" }, t("usage.title")), h("p", { class: "sub" }, t("usage.text")))),
      this.list));
    this.load();
  }

  async load() {
    try {
      const { today, this_month: month, team } = await api("/me/usage");
      this.list.replaceChildren(meter(t("usage.today"), today), meter(t("usage.month"), month),
        ...(team ? [meter(t("usage.team.today", { name: team.name }), team.today), meter(t("usage.team.month", { name: team.name }), team.this_month)] : []));
    } catch {
      this.list.replaceChildren(h("div", { class: "meter" }, h("p", { class: "sub" }, t("usage.error")),
        button({ kind: "button small", press: () => this.load() }, icon("retry"), t("action.reload"))));
    }
  }
}

function meter(name, { used, limit, resets_at: resets }) {
  const full = limit !== null && used >= limit;
  return h("div", { class: `meter${full ? " full" : ""}` },
    h("h3", {}, name),
    h("p", { class: "amount" }, h("b", {}, credits(used)), h("span", {}, limit === null ? t("usage.credits") : t("usage.of", { limit: credits(limit) }))),
    limit === null ? null : h("progress", { max: Math.max(limit, Number.EPSILON), value: Math.min(used, limit), "aria-label": name }),
    h("p", { class: "sub" }, limit === null ? t("usage.unlimited") : t("usage.resets", { time: moment(resets) })));
}
