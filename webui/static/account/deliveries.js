/* How the messages of one webhook went, newest first, and sending one again. */
import { api } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { button, h, icon } from "../core/dom.js";
import { ago, number, time, when } from "../core/format.js";
import { Pager } from "../core/pager.js";
import { t } from "../core/i18n.js";
import { toast } from "../overlay/toast.js";

const PAGE = 10;
const COLUMNS = ["what", "state", "answer", "attempts", "created"];
const KINDS = { queued: "plain", running: "live", succeeded: "ok", failed: "bad", canceled: "plain" };

export class Deliveries {
  /** `changed` is called after a page was turned or a message sent again; `may` says whether it may be. */
  constructor({ changed, may }) {
    this.changed = changed;
    this.may = may;
    this.pager = new Pager(PAGE, changed);
    this.rows = h("tbody");
    this.table = h("div", { class: "table deliveries" }, h("table", {}, h("caption", { class: "hidden-text" }, t("webhooks.deliveries")), head(), this.rows));
    this.element = h("div", {}, h("div", { class: "ghost delivery-of", "aria-hidden": "true" }));
  }

  /** Ask for the page that is shown; `path` is the webhook's. Throws what `api` throws. */
  async look(path) {
    const { items, next_cursor: next } = await api(`${path}/deliveries?${this.pager.query}`);
    if (!this.pager.learn(items.length, next)) return;
    const told = JSON.stringify([items, this.may()]);
    if (told === this.told) return;
    this.told = told;
    if (items.length) this.show(items);
    else this.element.replaceChildren(h("p", { class: "none" }, t("webhooks.deliveries.none")));
  }

  failed(again) {
    this.told = null;
    this.element.replaceChildren(h("p", { class: "none" }, icon("warning"), t("webhooks.deliveries.error"),
      button({ kind: "button small", press: again }, icon("retry"), t("action.reload"))));
  }

  show(items) {
    const focused = this.element.getRootNode().activeElement?.closest("tr")?.dataset.id;
    this.rows.replaceChildren(...items.map((one) => this.row(one)));
    this.element.replaceChildren(this.table, this.pager.element);
    if (focused) this.rows.querySelector(`[data-id="${focused}"] button`)?.focus();
  }

  row(one) {
    const ended = one.state !== "queued" && one.state !== "running";
    return h("tr", { "data-id": one.id },
      h("td", {}, h("b", {}, t(`webhooks.kind.${one.kind}`)), h("small", {}, one.subject)),
      h("td", { class: "how" }, h("span", { class: `tag ${KINDS[one.state]}` }, t(`webhooks.delivery.${one.state}`)), ...said(one)),
      h("td", { class: "number" }, one.answer_status ?? "–"),
      h("td", { class: "number" }, number(one.attempts)),
      h("td", { class: "quiet", title: when(one.created_at) }, ago(one.created_at)),
      h("td", { class: "act" }, ended && this.may() && button({ kind: "button small", label: t("webhooks.again"), press: ({ currentTarget }) => this.again(one, currentTarget) }, icon("retry"), t("webhooks.again"))));
  }

  async again(one, pressed) {
    pressed.disabled = true;
    const done = await attempt(() => api(`/webhooks/deliveries/${one.id}/redeliver`, { method: "POST" }));
    pressed.disabled = false;
    if (done) toast(t("webhooks.sent_again"));
    this.changed();
  }
}

/** Return when it is tried next, why the last attempt failed and what was answered. */
function said({ state, attempts, next_try_at: next, error, answer_text: answer }) {
  const waits = state === "queued" && attempts > 0 && next && Date.parse(next) > Date.now();
  return [
    waits && h("small", {}, t("webhooks.next", { time: time(next) })),
    error && state !== "succeeded" && h("small", {}, error),
    answer && state !== "succeeded" && h("details", {}, h("summary", {}, t("webhooks.answer")), h("pre", { tabindex: 0 }, answer)),
  ].filter(Boolean);
}

function head() {
  return h("thead", {}, h("tr", {}, COLUMNS.map((name) => h("th", { scope: "col" }, t(`webhooks.column.${name}`))),
    h("th", { scope: "col" }, h("span", { class: "hidden-text" }, t("webhooks.column.act")))));
}
