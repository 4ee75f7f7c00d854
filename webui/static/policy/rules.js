/* The words of a draft: what follows when a prompt, a title, a tag or a comment has one of them; and what they mean nothing bad in. */
import { button, h, icon } from "../core/dom.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { picker } from "../people/parts.js";
import { linesOf } from "./words.js";

const ACTIONS = ["allow", "warn", "review", "block"];
const MOST = 40;
const PLACES = ["prompt", "negative_prompt", "words"];

export class Rules {
  constructor(document, changed) {
    Object.assign(this, { document, changed });
    this.list = h("ul", { class: "rules" });
    this.more = button({ kind: "button small", press: () => this.add() }, icon("plus"), t("policy.rule.add"));
    const allowed = this.words("allowed", t("policy.allowed"), document.allowed, (words) => { document.allowed = words; }, t("policy.allowed.hint"));
    this.element = h("section", {}, h("h3", {}, t("policy.rules")), h("p", { class: "sub" }, t("policy.rules.text")), this.list, this.more, allowed);
    this.draw();
  }

  draw() {
    this.list.replaceChildren(...this.document.terms.map((one) => this.row(one)));
    this.more.disabled = this.document.terms.length >= MOST || !this.document.categories.length;
  }

  row(one) {
    const id = `rule-${one.name}`;
    const pick = (name, pairs) => h("div", { class: "field" }, h("span", { class: "caption", "aria-hidden": "true" }, t(`policy.field.${name}`)),
      picker(t(`policy.field.${name}.of`, { name: one.name }), pairs, one[name], (value) => { one[name] = value; this.changed(); }));
    const said = h("input", { type: "text", id: `${id}-said`, maxlength: 300, value: one.explanation, autocomplete: "off", oninput: () => { one.explanation = said.value; this.changed(); } });
    return h("li", { class: "rule", "data-rule": one.name },
      h("div", { class: "line" }, h("b", {}, one.name), pick("action", ACTIONS.map((name) => [name, t(`policy.action.${name}`)])), pick("category", this.document.categories.map(({ name, title }) => [name, title])),
        button({ kind: "round", label: t("policy.rule.remove", { name: one.name }), press: () => this.remove(one) }, icon("trash"))),
      this.words(`${id}-terms`, t("policy.terms"), one.terms, (words) => { one.terms = words; }, t("policy.terms.hint")),
      this.places(one),
      h("details", { open: one.beside.length > 0 }, h("summary", {}, t("policy.beside")), this.words(`${id}-beside`, t("policy.beside.words"), one.beside, (words) => { one.beside = words; }, t("policy.beside.hint"))),
      h("div", { class: "field" }, h("label", { for: said.id }, t("policy.field.explanation")), said));
  }

  /** Return a choice of what the words of a rule are looked for in; with none it would hold nowhere, which is said. */
  places(one) {
    const nowhere = h("small", { class: "nowhere", role: "status" });
    const tell = () => { nowhere.textContent = one.where.length ? "" : t("policy.where.none"); };
    const box = (place) => h("label", { class: "check" }, h("input", { type: "checkbox", checked: one.where.includes(place), onchange: ({ target }) => {
      one.where = PLACES.filter((other) => (other === place ? target.checked : one.where.includes(other)));
      tell();
      this.changed();
    } }), h("span", {}, t(`policy.where.${place}`)));
    tell();
    return h("fieldset", { "aria-label": t("policy.where.of", { name: one.name }) }, h("legend", { class: "caption" }, t("policy.field.where")), h("div", { class: "checks across" }, PLACES.map(box)), nowhere);
  }

  /** Return a field of words, one a line, which says how many there are. */
  words(id, label, words, changed, hint) {
    const count = h("span", { class: "sub" }, t("policy.words.count", { count: number(words.length) }));
    const area = h("textarea", { id, rows: 4, spellcheck: "false", "aria-describedby": `${id}-hint`, oninput: () => {
      const listed = linesOf(area.value);
      count.textContent = t("policy.words.count", { count: number(listed.length) });
      changed(listed);
      this.changed();
    } });
    area.value = words.join("\n");
    return h("div", { class: "field" }, h("label", { for: id }, label, count), area, h("small", { id: `${id}-hint` }, hint));
  }

  add() {
    const names = new Set(this.document.terms.map(({ name }) => name));
    let place = names.size + 1;
    while (names.has(`rule_${place}`)) place += 1;
    this.document.terms.push({ name: `rule_${place}`, action: "warn", category: this.document.categories.at(-1).name, terms: [], beside: [], where: ["prompt", "words"], explanation: "" });
    this.draw();
    this.changed();
    this.list.lastElementChild.querySelector("textarea").focus();
  }

  remove(one) {
    this.document.terms = this.document.terms.filter((other) => other !== one);
    this.draw();
    this.changed();
    this.more.focus();
  }
}
