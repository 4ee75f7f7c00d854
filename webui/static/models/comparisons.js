/* Comparisons: make one, see how it is drawn and voted on, close it, and what it came to. */
import { ApiError, api } from "../core/api.js";
import { attempt, copy } from "../core/actions.js";
import { button, h, icon } from "../core/dom.js";
import { ago, number, when } from "../core/format.js";
import { t } from "../core/i18n.js";
import { failed, ghosts, nothing } from "../core/lists.js";
import { Looking } from "../core/looking.js";
import { sure } from "../overlay/sure.js";
import { outcomeOf } from "./outcome.js";

const EVERY_MS = 4000;

export class Comparisons {
  constructor() {
    this.list = h("div", {}, ghosts("ghost model-ghost", 1));
    this.element = h("div", {}, h("p", { class: "hint" }, t("comparisons.text")),
      h("div", { class: "row-of above" }, button({ kind: "button primary", press: () => this.make() }, icon("compare"), t("comparisons.make"))), this.list);
  }

  look() {
    this.looking ??= new Looking(() => this.ask(), EVERY_MS);
    return this.looking.now();
  }

  stop() {
    this.looking?.stop();
  }

  async ask() {
    try {
      this.show((await api("/comparisons")).items);
    } catch (error) {
      if (this.seen === undefined) this.list.replaceChildren(failed(error instanceof ApiError ? error.message : t("comparisons.error"), () => this.look()));
    }
  }

  show(items) {
    const seen = JSON.stringify(items);
    if (seen === this.seen) return;
    this.seen = seen;
    const focused = this.list.getRootNode().activeElement?.closest?.("[data-comparison]")?.dataset.comparison;
    this.list.replaceChildren(items.length ? h("ul", { class: "models" }, items.map((one) => this.card(one))) : nothing("compare", t("comparisons.none"), t("comparisons.none.text")));
    if (focused) this.list.querySelector(`[data-comparison="${CSS.escape(focused)}"] button`)?.focus();
  }

  card(one) {
    const { id, first, second, created_at: at, closed_at: closed, outcome } = one;
    const names = t("comparisons.names", { first: first.title, second: second.title });
    return h("li", { class: "model", "data-comparison": id },
      h("header", {}, h("h2", {}, names), h("span", { class: "tags" }, tag(one))),
      closed ? outcomeOf(outcome) : progress(one),
      [first, second].some((side) => side.weights_changed) && h("p", { class: "why" }, icon("warning"), h("span", {}, t("comparisons.weights_changed"))),
      h("footer", {}, !closed && this.acts(one, names), h("span", { class: "sub", title: when(at) }, ago(at))));
  }

  acts({ id }, names) {
    const close = () => attempt(async () => {
      if (!(await sure("comparisons.close", { names }, "primary"))) return;
      await api(`/comparisons/${id}/close`, { method: "POST" });
      await this.look();
    });
    return h("div", { class: "row-of" },
      button({ kind: "button small", label: t("comparisons.link.label", { names }), press: () => copy(new URL(`/vote?of=${id}`, location.origin).href, "say.link") }, icon("link"), t("comparisons.link")),
      button({ kind: "button small", label: t("comparisons.close.label", { names }), press: close }, icon("check"), t("comparisons.close")));
  }

  async make() {
    const { askForComparison } = await import("./compare_form.js");
    await askForComparison(() => this.look());
  }
}

function tag({ closed_at: closed, pairs }) {
  if (closed) return h("span", { class: "tag plain" }, t("comparisons.closed"));
  return pairs.drawing ? h("span", { class: "tag live" }, t("comparisons.drawing")) : h("span", { class: "tag ok" }, t("comparisons.open"));
}

/** How many pairs are drawn, and how many people voted; not which way. */
function progress({ pairs, votes, voters, mine }) {
  const all = Object.values(pairs).reduce((sum, count) => sum + count, 0);
  const away = [["held", pairs.held], ["failed", pairs.failed]].filter(([, count]) => count);
  return h("div", { class: "progress" },
    h("p", {}, t("comparisons.ready", { ready: number(pairs.ready), all: number(all) }), away.map(([what, count]) => ` · ${t(`comparisons.${what}`, { count: number(count) })}`)),
    h("progress", { max: all, value: all - pairs.drawing, "aria-label": t("comparisons.drawn") }),
    h("p", {}, t(voters === 1 ? "comparisons.votes.one" : "comparisons.votes", { votes: number(votes), voters: number(voters) })),
    mine && h("p", { class: "sub" }, t("comparisons.mine")));
}
