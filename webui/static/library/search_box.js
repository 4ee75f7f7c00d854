/* The search: a text, and under it each of its terms as it was read, with what is wrong with it. */
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { withoutTerm } from "./query.js";

const TYPING_MS = 300;

export class SearchBox {
  /** `changed` is told the new search a moment after somebody stopped writing, and at once on Enter. */
  constructor(changed) {
    this.changed = changed;
    this.input = h("input", { type: "search", maxlength: 1000, placeholder: t("library.search"), "aria-label": t("library.search"), autocomplete: "off", spellcheck: "false", enterkeyhint: "search", role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false",
      oninput: () => this.soon(), onkeydown: (event) => this.key(event) });
    this.input.addEventListener("focus", () => this.suggest(), { once: true });
    this.element = h("div", { class: "seek" }, h("label", { class: "search" }, icon("search"), this.input));
    this.chips = h("ul", { class: "chips terms", "aria-label": t("library.terms"), hidden: true });
  }

  set value(query) {
    if (this.input.value.trim() !== query) this.input.value = query;
  }

  /** Suggestions come when somebody begins to write. */
  async suggest() {
    const { TypeAhead } = await import("./type_ahead.js");
    this.ahead = new TypeAhead(this.input, () => this.now());
    this.element.append(this.ahead.element);
    if (this.input.matches(":focus")) this.ahead.look();
  }

  key(event) {
    if (this.ahead?.heard(event) || event.key !== "Enter" || event.isComposing) return;
    this.ahead?.shut();
    this.now();
  }

  soon() {
    clearTimeout(this.pause);
    this.pause = setTimeout(() => this.now(), TYPING_MS);
  }

  now() {
    clearTimeout(this.pause);
    this.changed(this.input.value.trim());
  }

  show(terms) {
    this.chips.hidden = !terms.length;
    this.chips.replaceChildren(...terms.map((term) => this.chip(term)));
  }

  chip({ text, problem }) {
    return h("li", { class: `chip${problem ? " wrong" : ""}` }, problem && icon("warning"), h("span", { title: problem ?? text }, text), problem && h("small", {}, problem),
      button({ kind: "round tiny", label: t("library.term.remove", { term: text }), press: () => { this.changed(withoutTerm(this.input.value, text)); this.input.focus(); } }, icon("close")));
  }
}
