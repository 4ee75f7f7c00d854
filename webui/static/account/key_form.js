/* The form of a new API key; what is wrong stands under its field. */
import { ApiError } from "../core/api.js";
import { button, h, icon } from "../core/dom.js";
import { has, t } from "../core/i18n.js";

const LIVES = [7, 30, 90, 180, 365];
const USUAL_LIFE = 90;
const USUAL_SCOPES = ["browse", "generate"];
const LONGEST_NAME = 80;

export class KeyForm {
  /** `scopes` are what may be chosen; `send` takes what was filled in, `done` is told its result, `leave` that nothing changes. */
  constructor({ scopes, send, done, leave }) {
    Object.assign(this, { send, done });
    this.name = h("input", { id: "name", type: "text", autocomplete: "off", required: true, maxlength: LONGEST_NAME, placeholder: t("apikeys.name.placeholder"), "aria-describedby": "name-problem" });
    this.life = h("select", { id: "life" }, LIVES.map((days) => h("option", { value: days, selected: days === USUAL_LIFE }, t("apikeys.life.days", { days }))));
    this.all = h("input", { type: "radio", name: "limit", checked: true, onchange: () => this.limit() });
    this.some = h("input", { type: "radio", name: "limit", onchange: () => this.limit() });
    this.scopes = scopes.map((scope) => h("input", { type: "checkbox", value: scope, checked: USUAL_SCOPES.includes(scope) }));
    this.boxes = h("div", { class: "checks inner", hidden: true }, this.scopes.map((box) => check(box, meaning(box.value))));
    this.problems = new Map(["name", "scopes", "form"].map((name) => [name, h("div", { id: `${name}-problem`, class: "wrong", role: "alert" })]));
    this.submit = h("button", { class: "button primary", type: "submit" }, t("apikeys.make"));
    this.element = h("form", { class: "hook-form", novalidate: true, "aria-label": t("apikeys.add.title"), onsubmit: (event) => { event.preventDefault(); this.press(); } },
      h("h3", {}, t("apikeys.add.title")),
      h("div", { class: "field" }, h("label", { for: "name" }, t("apikeys.name")), this.name, this.problems.get("name")),
      h("fieldset", {}, h("legend", {}, t("apikeys.scopes")), h("div", { class: "checks" }, check(this.all, t("apikeys.scopes.everything")), check(this.some, t("apikeys.scopes.some"))), this.boxes, this.problems.get("scopes")),
      h("div", { class: "field narrow" }, h("label", { for: "life" }, t("apikeys.life")), this.life),
      this.problems.get("form"),
      h("div", { class: "row-of" }, this.submit, button({ press: leave }, t("apikeys.leave"))));
  }

  focus() {
    this.element.scrollIntoView({ block: "nearest" });
    this.name.focus({ preventScroll: true });
  }

  limit() {
    this.boxes.hidden = this.all.checked;
  }

  get wanted() {
    const chosen = this.scopes.filter((box) => box.checked).map((box) => box.value);
    return { name: this.name.value.trim(), expires_in_days: Number(this.life.value), scopes: this.all.checked ? null : chosen };
  }

  async press() {
    for (const place of this.problems.values()) place.replaceChildren();
    this.name.removeAttribute("aria-invalid");
    const { wanted } = this;
    if (!wanted.name) this.wrong("name", t("apikeys.name.none"));
    if (wanted.scopes?.length === 0) this.wrong("scopes", t("apikeys.scopes.none"));
    if (!wanted.name) return this.name.focus();
    if (wanted.scopes?.length === 0) return this.scopes[0]?.focus();
    this.submit.disabled = true;
    try {
      this.done(await this.send(wanted));
    } catch (error) {
      this.refused(error);
    } finally {
      this.submit.disabled = false;
    }
  }

  refused(error) {
    if (!(error instanceof ApiError)) return this.wrong("form", t("trouble.offline"));
    if (error.status === 401) return;
    for (const { field: name, message } of error.fields) this.wrong(name.split(".")[0], message);
    if (!error.fields.length) this.wrong("form", error.message);
  }

  wrong(name, message) {
    (this.problems.get(name) ?? this.problems.get("form")).append(h("p", {}, icon("warning"), h("span", {}, message.charAt(0).toUpperCase() + message.slice(1))));
    if (name === "name") this.name.setAttribute("aria-invalid", "true");
  }
}

/** Return what a permission lets one do; of one that is newer than these pages, its name. */
export const meaning = (scope) => (has(`apikeys.scope.${scope}`) ? t(`apikeys.scope.${scope}`) : scope);

function check(box, label) {
  return h("label", { class: "check" }, box, h("span", {}, label));
}
