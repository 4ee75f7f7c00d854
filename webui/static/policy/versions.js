/* The versions of the policy, newest first, and the one way on from each; a draft that is opened takes their place. */
import { ApiError, api } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { button, h, icon } from "../core/dom.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { failed, ghosts } from "../core/lists.js";
import { toast } from "../overlay/toast.js";
import { versionCard } from "./card.js";
import { Editor } from "./editor.js";
import { askWhy } from "./why.js";

export class Versions {
  constructor() {
    this.list = h("div", {}, ghosts("ghost policy-ghost", 3));
    this.element = h("div", {}, this.list);
  }

  get dirty() {
    return Boolean(this.editor?.dirty);
  }

  stop() {
    this.editor?.stop();
    this.editor = null;
  }

  async look(focused = null) {
    this.stop();
    try {
      const page = await api("/policies?limit=100");
      const draft = Number(new URLSearchParams(location.search).get("draft"));
      if (draft && page.items.some(({ number: one, state }) => one === draft && state === "draft")) return this.edit(draft);
      this.show(page, focused);
    } catch (error) {
      this.element.replaceChildren(failed(error instanceof ApiError ? error.message : t("policy.error"), () => this.look()));
    }
  }

  show({ items, active, before }, focused) {
    note(null);
    const changed = (at) => this.look(at);
    const back = before && button({ kind: "button", label: t("policy.rollback.label", { number: before }), press: () => this.putBack(before) }, icon("reuse"), t("policy.rollback.label", { number: before }));
    const decides = items.find(({ number: one }) => one === active);
    this.list.replaceChildren(
      h("p", { class: "hint" }, t("policy.text")),
      h("div", { class: "row-of above" }, h("span", { class: "state" }, icon("shield"), t("policy.decides", { number: number(active) })),
        h("span", { class: "space" }), back, button({ kind: "button primary", press: () => this.begin() }, icon("plus"), t("policy.new"))),
      h("ul", { class: "policies" }, items.map((one) => versionCard(one, { active: decides ?? { number: active }, before, changed, edit: (at) => this.edit(at), putBack: (at) => this.putBack(at) }))));
    this.element.replaceChildren(this.list);
    if (focused) this.list.querySelector(`[data-version="${focused}"] footer button`)?.focus();
  }

  begin() {
    return attempt(async () => {
      const { number: made } = await api("/policies", { method: "POST", json: {} });
      await this.edit(made);
    });
  }

  putBack(at) {
    askWhy({ word: "policy.rollback", values: { number: at }, need: true, send: (reason) => api(`/policies/${at}/rollback`, { method: "POST", json: { reason } }),
      done: () => { toast(t("policy.said.back", { number: at })); this.look(at); } });
  }

  async edit(at) {
    try {
      const policy = await api(`/policies/${at}`);
      note(at);
      this.editor = new Editor(policy, () => {
        note(null);
        this.look(at);
      });
      this.element.replaceChildren(this.editor.element);
      this.editor.begin();
    } catch (error) {
      this.element.replaceChildren(failed(error instanceof ApiError ? error.message : t("policy.error"), () => this.look()));
    }
  }
}

/** Keep in the address which draft is open, so that a reload opens it again. */
function note(draft) {
  const address = new URL(location.href);
  if (draft) address.searchParams.set("draft", draft);
  else address.searchParams.delete("draft");
  history.replaceState(history.state, "", address);
}
