/* A draft as it is written: categories, previews, samples and words on one side, what it would do to the past on the other. */
import { ApiError, api } from "../core/api.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { sure } from "../overlay/sure.js";
import { toast } from "../overlay/toast.js";
import { Categories } from "./categories.js";
import { Live } from "./live.js";
import { rest } from "./rest.js";
import { Rules } from "./rules.js";

const LONGEST_NOTE = 300;

export class Editor {
  /** `over` is called when the list of versions is to be shown again. */
  constructor(policy, over) {
    Object.assign(this, { policy, over, document: structuredClone(policy.document), dirty: false });
    const { number } = policy;
    this.note = h("input", { type: "text", id: "note", maxlength: LONGEST_NOTE, value: policy.note, autocomplete: "off", oninput: () => this.changed(false) });
    this.live = new Live(number, () => this.document);
    this.categories = new Categories(this.document, (weighs) => this.changed(weighs));
    this.rules = new Rules(this.document, () => this.changed(true));
    this.problem = h("div", { class: "wrong", role: "alert" });
    this.save = button({ kind: "button primary", press: () => this.write() }, icon("check"), t("policy.save"));
    this.propose = button({ press: () => this.hand() }, icon("send"), t("policy.save.propose"));
    this.heading = h("h2", { tabindex: -1 }, t("policy.edit.title", { number }));
    this.element = h("div", { class: "editor" },
      h("header", { class: "row-of" }, button({ kind: "button small", press: () => this.leave() }, icon("left"), t("policy.versions")), this.heading),
      h("div", { class: "two" },
        h("div", { class: "parts" },
          h("div", { class: "field" }, h("label", { for: "note" }, t("policy.note")), this.note, h("small", {}, t("policy.note.hint"))),
          this.categories.element, rest(this.document, () => this.changed(false)), this.rules.element,
          this.problem, h("footer", { class: "row-of" }, this.save, this.propose)),
        this.live.element));
  }

  begin() {
    this.heading.focus({ preventScroll: true });
    this.live.on = (report) => this.categories.tell(report);
    this.live.look();
  }

  stop() {
    this.live.stop();
  }

  /** Something was written; `weighs` says whether images would be judged otherwise. */
  changed(weighs) {
    this.dirty = true;
    this.problem.replaceChildren();
    if (weighs) this.live.soon();
  }

  /** Store the draft; return whether that was done. */
  async write() {
    this.problem.replaceChildren();
    const { number, digest } = this.policy;
    const busy = (on) => [this.save, this.propose].forEach((one) => { one.disabled = on; });
    busy(true);
    try {
      this.policy = await api(`/policies/${number}`, { method: "PUT", json: { document: this.document, note: this.note.value, digest } });
      this.dirty = false;
      toast(t("policy.said.saved", { number }));
      return true;
    } catch (error) {
      this.refused(error);
      return false;
    } finally {
      busy(false);
    }
  }

  async hand() {
    if (this.dirty && !(await this.write())) return;
    try {
      await api(`/policies/${this.policy.number}/propose`, { method: "POST" });
      toast(t("policy.said.proposed", { number: this.policy.number }));
      this.over();
    } catch (error) {
      this.refused(error);
    }
  }

  refused(error) {
    const told = error instanceof ApiError ? error.fields.map(({ field, message }) => `${this.nameOf(field)}: ${message}`) : [t("trouble.offline")];
    this.problem.replaceChildren(...(told.length ? told : [error.message]).map((text) => h("p", {}, icon("warning"), h("span", {}, text))));
    this.problem.scrollIntoView({ block: "center" });
  }

  /** Return which part of the draft the API means by such as `document.categories.2.title`. */
  nameOf(field) {
    const [, list, place, name] = field.split(".");
    const one = this.document[list]?.[place];
    return [one?.title ?? one?.name ?? list ?? field, name].filter(Boolean).join(", ");
  }

  async leave() {
    if (this.dirty && !(await sure("policy.unsaved"))) return;
    this.over();
  }
}
