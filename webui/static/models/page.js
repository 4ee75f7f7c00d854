/* Models, for administrators: how inference is, and a card for each model: what it is, how it did, off, on, default. */
import { ApiError, api } from "../core/api.js";
import { AtElement } from "../core/element.js";
import { h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { failed, ghosts } from "../core/lists.js";
import { modelCard } from "./card.js";

export class Models extends AtElement {
  static sheets = ["lists", "models"];

  render() {
    this.state = h("div", { role: "status" });
    this.list = h("div", {}, ghosts("ghost model-ghost", 2));
    this.shadowRoot.append(h("header", { class: "bar" }, h("h1", {}, t("models.title"))), h("p", { class: "hint" }, t("models.text")), this.state, this.list);
    this.look();
  }

  async look(focused = null) {
    try {
      const [choices, report] = await Promise.all([api("/models/choices"), api("/usage/report?by=model").catch(() => null)]);
      this.show(choices, report, focused);
    } catch (error) {
      this.list.replaceChildren(failed(error instanceof ApiError ? error.message : t("models.error"), () => this.look()));
    }
  }

  /** `focused` is the model whose card somebody was at. */
  show({ items, inference }, report, focused) {
    const figures = new Map(report?.items.map((row) => [row.key, row]));
    const on = items.filter((one) => one.enabled && one.card);
    this.state.replaceChildren(stateOf(inference));
    this.list.replaceChildren(h("ul", { class: "models" }, items.map((model) => modelCard(model, {
      figures: report && (figures.get(model.name) ?? {}), ready: inference.ready, alone: on.length === 1 && on[0] === model, changed: () => this.look(model.name),
    }))));
    if (focused) this.list.querySelector(`[data-model="${CSS.escape(focused)}"] footer button`)?.focus();
  }
}

function stateOf({ ready, device, dtype, detail }) {
  if (ready) return h("p", { class: "state" }, h("span", { class: "tag ok" }, t("models.ready")), t("models.ready.text", { device, dtype }));
  return h("div", { class: "notice" }, icon("warning"), h("div", {}, h("b", {}, t("models.away")), h("p", {}, detail || t("models.away.text"))));
}
