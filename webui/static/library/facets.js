/* What is among the images that are found, with how many of each: a press narrows the search to it, another one widens it. */
import { api } from "../core/api.js";
import { button, h } from "../core/dom.js";
import { month, number } from "../core/format.js";
import { has, t } from "../core/i18n.js";
import { monthTerms, term, termsIn, withTerm, withoutTerm } from "./query.js";

const KINDS = ["status", "month", "by", "gallery", "tag", "model", "lora", "ratio"];
const SHOWN = 8;
const VIEWS = [["is:starred", "star"], ["is:mine", "mine"], ["is:trashed", "trash"]];

export class Facets {
  #unfolded = new Set();

  /** `narrowed` is told the search that somebody pressed. Within a gallery neither galleries nor the trash are offered. */
  constructor(narrowed, { gallery }) {
    this.narrowed = narrowed;
    this.kinds = KINDS.filter((kind) => !gallery || kind !== "gallery");
    this.views = VIEWS.filter(([, word]) => !gallery || word !== "trash");
    this.lists = h("div", {});
    this.element = h("nav", { class: "facets", "aria-label": t("library.facets") }, this.lists);
  }

  /** Count for a search; `whole` is it with what a page adds to it. Resolves to how many there are, null if nobody knows. */
  async look(query, whole = query) {
    const asked = (this.asked = {});
    const known = await api(`/library/facets?${new URLSearchParams({ q: whole })}`).catch(() => null);
    if (this.asked !== asked) return null;
    if (known) this.show(query, known);
    return known;
  }

  show(query, known) {
    const focused = this.element.getRootNode().activeElement?.dataset?.term;
    this.query = query;
    this.known = known;
    this.lists.replaceChildren(
      h("ul", { class: "views" }, this.views.map(([text, word]) => h("li", {}, this.choice(text, t(`library.view.${word}`), null)))),
      ...this.kinds.filter((kind) => known[kind].length).map((kind) => this.section(kind, known[kind])));
    if (focused) this.lists.querySelector(`[data-term="${CSS.escape(focused)}"]`)?.focus();
  }

  /** How many filters are set. */
  get pressed() {
    return this.lists.querySelectorAll('[aria-pressed="true"]').length;
  }

  section(kind, choices) {
    const shown = this.#unfolded.has(kind) ? choices : choices.slice(0, SHOWN);
    const more = choices.length > shown.length && button({ kind: "more", press: () => { this.#unfolded.add(kind); this.show(this.query, this.known); } }, t("library.facet.more", { count: number(choices.length - shown.length) }));
    return h("section", {}, h("h2", {}, t(`library.facet.${kind}`)), h("ul", {}, shown.map((one) => h("li", {}, kind === "month" ? this.monthChoice(one) : this.choice(term(kind, one.value), nameOf(kind, one), one.count, kind === "status" && one.value)))), more);
  }

  choice(text, label, count, dot = false) {
    const on = termsIn(this.query).includes(text);
    return button({ kind: "facet", "data-term": text, "aria-pressed": String(on), press: () => this.narrowed(on ? withoutTerm(this.query, text) : withTerm(this.query, text)) },
      dot && h("i", { class: `dot ${dot}`, "aria-hidden": "true" }), h("span", { title: label }, label), count !== null && h("small", {}, number(count)));
  }

  monthChoice({ value, count }) {
    const [after, before] = monthTerms(value);
    const here = termsIn(this.query);
    const on = here.includes(after) && here.includes(before);
    const rest = here.filter((one) => !/^(after|before):/.test(one)).join(" ");
    return button({ kind: "facet", "data-term": after, "aria-pressed": String(on), press: () => this.narrowed(on ? rest : withTerm(withTerm(rest, after), before)) },
      h("span", {}, month(value)), h("small", {}, number(count)));
  }
}

function nameOf(kind, { value, label }) {
  return kind === "status" && has(`status.${value}`) ? t(`status.${value}`) : label || value;
}
