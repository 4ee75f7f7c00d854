/* Choosing one person: a field to find them by, and those who were found. */
import { api } from "../core/api.js";
import { h } from "../core/dom.js";
import { check } from "../core/form.js";
import { t } from "../core/i18n.js";
import { search } from "./parts.js";

const SHOWN = 5;

export class Chooser {
  constructor() {
    this.input = search(t("people.filter.words"), (words) => this.find(words));
    this.input.removeAttribute("aria-label"); // the field has a label
    this.input.addEventListener("input", () => this.show([]));
    this.input.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
    this.found = h("div", { class: "found", role: "radiogroup", "aria-label": t("quotas.found"), "aria-live": "polite" });
    this.element = h("div", { class: "chooser" }, this.input, this.found);
    this.show([]);
    this.find("");
  }

  /** The id of who was chosen, or nothing. */
  get value() {
    return this.people.find((one) => one.checked)?.value ?? "";
  }

  async find(words) {
    const asked = (this.asked = {});
    const { items } = await api(`/people?${new URLSearchParams({ q: words, limit: SHOWN })}`).catch(() => ({ items: null }));
    if (this.asked !== asked) return;
    if (items) this.show(items);
    if (!items?.length) this.found.replaceChildren(h("small", {}, t(items ? "people.empty.title" : "people.error")));
  }

  show(people) {
    this.people = people.map(({ id }) => h("input", { type: "radio", name: "found", value: id, checked: people.length === 1 }));
    this.found.replaceChildren(...people.map(({ name, email }, place) => check(this.people[place], name || email, email)));
  }
}
