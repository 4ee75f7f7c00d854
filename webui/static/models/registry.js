/* Every model in a card, how inference is, and the way back to the default before. */
import { ApiError, api } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { failed, ghosts } from "../core/lists.js";
import { sure } from "../overlay/sure.js";
import { toast } from "../overlay/toast.js";
import { modelCard } from "./card.js";

export class Registry {
  constructor() {
    this.state = h("div", { role: "status" });
    this.list = h("div", {}, ghosts("ghost model-ghost", 2));
    this.element = h("div", {}, h("p", { class: "hint" }, t("models.text")), this.state, this.list);
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
  show({ items, before, inference }, report, focused) {
    const figures = new Map(report?.items.map((row) => [row.key, row]));
    const titles = new Map(items.map(({ name, card }) => [name, card?.title ?? name]));
    this.state.replaceChildren(...[stateOf(inference), before && this.wayBack(before, titles)].filter(Boolean));
    this.list.replaceChildren(h("ul", { class: "models" }, items.map((model) => modelCard(model, {
      figures: report && (figures.get(model.name) ?? {}), ready: inference.ready, changed: () => this.look(model.name),
    }))));
    if (focused) this.list.querySelector(`[data-model="${CSS.escape(focused)}"] footer button`)?.focus();
  }

  /** The default before: a button that puts it back, or why that cannot be. */
  wayBack({ model, hindrance }, titles) {
    const name = titles.get(model) ?? model;
    const press = () => attempt(async () => {
      if (!(await sure("models.rollback", { name }, "primary"))) return;
      await api("/models/rollback", { method: "POST", json: {} });
      toast(t("models.said.back", { name }));
      await this.look(model);
    });
    return h("p", { class: "state" }, icon("history"), hindrance || t("models.before", { name }),
      !hindrance && button({ kind: "button small", label: t("models.rollback.label", { name }), press }, icon("reuse"), t("models.rollback")));
  }
}

function stateOf({ ready, device, dtype, detail }) {
  if (ready) return h("p", { class: "state" }, h("span", { class: "tag ok" }, t("models.ready")), t("models.ready.text", { device, dtype }));
  return h("div", { class: "notice" }, icon("warning"), h("div", {}, h("b", {}, t("models.away")), h("p", {}, detail || t("models.away.text"))));
}
