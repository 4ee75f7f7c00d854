/* The categories of a draft: how bad each is, how sure the checker has to be, and which concepts are in it. */
import { button, h, icon } from "../core/dom.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { picker } from "../people/parts.js";
import { linesOf, signed } from "./words.js";

const WIDEST = 0.05;
const STEP = 0.001;
const MOST = 40;
const SEVERITIES = ["low", "moderate", "severe"];

export class Categories {
  /** `changed` is told whether images would be judged otherwise. */
  constructor(document, changed) {
    Object.assign(this, { document, changed, counts: new Map() });
    this.list = h("ul", { class: "rules" });
    this.more = button({ kind: "button small", press: () => this.add() }, icon("plus"), t("policy.category.add"));
    this.element = h("section", {}, h("h3", {}, t("policy.categories")), h("p", { class: "sub" }, t("policy.categories.text")), this.list, this.more);
    this.draw();
  }

  draw() {
    this.counts.clear();
    this.list.replaceChildren(...this.document.categories.map((one) => this.row(one)));
    this.more.disabled = this.document.categories.length >= MOST;
  }

  /** Say beside each category what a trial found. */
  tell({ categories }) {
    const found = new Map(categories.map((one) => [one.name, one]));
    for (const [name, place] of this.counts) {
      const { held = 0, released = 0 } = found.get(name) ?? {};
      place.textContent = held || released ? t("policy.category.counts", { held: number(held), released: number(released) }) : t("policy.category.no_counts");
    }
  }

  row(one) {
    const id = `category-${one.name}`;
    const shown = h("output", { for: `${id}-shift` }, signed(one.shift));
    const slider = h("input", { type: "range", id: `${id}-shift`, min: -WIDEST, max: WIDEST, step: STEP, value: one.shift, "aria-describedby": `${id}-counts`, "aria-valuetext": signed(one.shift),
      oninput: () => {
        one.shift = slider.valueAsNumber;
        shown.value = signed(one.shift);
        slider.setAttribute("aria-valuetext", signed(one.shift));
        this.changed(true);
      } });
    const title = h("input", { type: "text", id: `${id}-title`, maxlength: 120, value: one.title, autocomplete: "off", oninput: () => { one.title = title.value; this.changed(false); } });
    const concepts = h("textarea", { id: `${id}-concepts`, rows: 3, spellcheck: "false", oninput: () => { one.concepts = linesOf(concepts.value); this.changed(true); } });
    concepts.value = one.concepts.join("\n");
    const counts = h("p", { class: "sub counts", id: `${id}-counts` });
    this.counts.set(one.name, counts);
    const severity = picker(t("policy.severity.of", { title: one.title }), SEVERITIES.map((name) => [name, t(`policy.severity.${name}`)]), one.severity, (value) => { one.severity = value; this.changed(true); });
    return h("li", { class: "rule", "data-category": one.name },
      h("div", { class: "line" }, h("div", { class: "field wide" }, h("label", { for: title.id }, t("policy.category.title")), title), h("div", { class: "field" }, h("span", { class: "caption", "aria-hidden": "true" }, t("policy.field.severity")), severity),
        button({ kind: "round", label: t("policy.category.remove", { title: one.title }), press: () => this.remove(one) }, icon("trash"))),
      h("div", { class: "field" }, h("label", { for: slider.id }, t("policy.shift"), shown), h("div", { class: "slide" }, h("span", { class: "sub", "aria-hidden": "true" }, t("policy.shift.less")), slider, h("span", { class: "sub", "aria-hidden": "true" }, t("policy.shift.more"))), counts),
      h("details", {}, h("summary", {}, t("policy.concepts")), h("div", { class: "field" }, h("label", { class: "hidden-text", for: concepts.id }, t("policy.concepts.of", { title: one.title })), concepts, h("small", {}, t("policy.concepts.hint")))));
  }

  add() {
    const names = new Set(this.document.categories.map(({ name }) => name));
    let place = names.size + 1;
    while (names.has(`category_${place}`)) place += 1;
    this.document.categories.push({ name: `category_${place}`, title: t("policy.category.new"), severity: "moderate", concepts: [], shift: 0 });
    this.draw();
    this.changed(true);
    this.list.lastElementChild.querySelector("input").focus();
  }

  remove(one) {
    this.document.categories = this.document.categories.filter((other) => other !== one);
    this.draw();
    this.changed(true);
    this.more.focus();
  }
}
