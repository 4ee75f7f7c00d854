/* Suggestions under the search: a list that the arrow keys walk while the text keeps the focus (ARIA's combobox).
   Nothing is chosen before somebody walks into it, so Enter alone still searches and Tab alone still leaves. */
import { h } from "../core/dom.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { asked, completed, isAsked, known, termAt } from "./completion.js";

const TYPING_MS = 120;
const MOST = 10;
const MOVES = { ArrowDown: 1, ArrowUp: -1 };

export class TypeAhead {
  #choices = [];
  #place = -1;
  #asking = null;

  /** `input` is written in; `completed` is told when a whole term was put into it. */
  constructor(input, completed) {
    Object.assign(this, { input, completed });
    this.element = h("ul", { class: "suggestions", role: "listbox", id: "suggestions", "aria-label": t("suggest"), hidden: true });
    input.setAttribute("aria-controls", "suggestions");
    input.addEventListener("input", () => this.look());
    input.addEventListener("click", () => this.look());
    input.addEventListener("blur", () => this.shut());
    input.addEventListener("keyup", ({ key }) => { if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(key)) this.look(); });
    // A press on the list must not take the focus from the text.
    this.element.addEventListener("pointerdown", (event) => event.preventDefault());
  }

  get isOpen() {
    return !this.element.hidden;
  }

  /** Answer a key if it is for the list; return whether it was. */
  heard(event) {
    if (event.key in MOVES && !event.altKey) this.isOpen ? this.move(MOVES[event.key]) : this.look();
    else if (this.isOpen && event.key === "Escape") this.shut();
    else if (this.isOpen && this.#place >= 0 && ["Enter", "Tab"].includes(event.key) && !event.shiftKey) this.take(this.#choices[this.#place]);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  /** Suggest what the term at the caret may become: at once what is known, a moment later what the API knows. */
  async look() {
    this.#asking?.abort();
    const { signal } = (this.#asking = new AbortController());
    const here = (this.here = termAt(this.input.value, this.input.selectionStart));
    if (!here) return this.shut();
    const first = known(here);
    if (!isAsked(here)) return this.show(first);
    // What stands there stays until there is an answer, if it is about the same kind of term.
    if (first.length || this.kind !== here.kind) this.show(first);
    this.kind = here.kind;
    await new Promise((resolve) => { setTimeout(resolve, TYPING_MS); });
    if (signal.aborted) return;
    const more = await asked(here, signal).catch(() => []);
    if (!signal.aborted) this.show([...first, ...more]);
  }

  show(choices) {
    const written = this.input.value.slice(this.here.start, this.here.end);
    this.#choices = choices.filter(({ text }) => this.here.minus + text !== written).slice(0, MOST);
    this.element.replaceChildren(...this.#choices.map((one, place) => this.option(one, place)));
    this.element.hidden = !this.#choices.length;
    this.input.setAttribute("aria-expanded", String(this.isOpen));
    this.mark(-1);
  }

  option(choice, place) {
    return h("li", { role: "option", id: `suggestion-${place}`, "aria-selected": "false", onclick: () => this.take(choice) },
      h("b", {}, choice.text), choice.label && !choice.text.endsWith(choice.label) && h("span", {}, choice.label), choice.count !== undefined && h("small", {}, number(choice.count)));
  }

  move(step) {
    const count = this.#choices.length + 1;
    // One more place than there are suggestions: the text itself, with nothing chosen.
    this.mark(((this.#place + 1 + step + count) % count) - 1);
  }

  mark(place) {
    this.#place = place;
    [...this.element.children].forEach((one, at) => one.setAttribute("aria-selected", String(at === place)));
    if (place < 0) return this.input.removeAttribute("aria-activedescendant");
    this.input.setAttribute("aria-activedescendant", `suggestion-${place}`);
    return this.element.children[place].scrollIntoView({ block: "nearest" });
  }

  take(choice) {
    const { text, caret } = completed(this.input.value, this.here, choice);
    if (text.length > this.input.maxLength) return;
    this.input.value = text;
    this.input.setSelectionRange(caret, caret);
    if (choice.open) return void this.look();
    this.shut();
    this.completed();
  }

  shut() {
    this.#asking?.abort();
    this.kind = null;
    this.#choices = [];
    this.element.hidden = true;
    this.element.replaceChildren();
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
    this.#place = -1;
  }
}
