/* A form above a list; what is wrong, by us or by the API, stands under its field. */
import { ApiError } from "../core/api.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";

/** Return a field of a form: `name` is the API's, `input` is what is focused when it is wrong. */
export function field(name, label, input, { hint = null, body = input } = {}) {
  input.id = name;
  input.setAttribute("aria-describedby", hint ? `${name}-hint ${name}-problem` : `${name}-problem`);
  const problem = h("div", { id: `${name}-problem`, class: "wrong", role: "alert" });
  const below = hint && h("small", { id: `${name}-hint` }, hint);
  const element = h("div", { class: "field" }, h("label", { for: name }, label), body, below, problem);
  return { name, input, problem, element };
}

export class Form {
  /** `read` returns what to send, after it told `wrong` of what cannot be; `send` sends it, `done` is told its result. */
  constructor({ title, act, fields, read, send, done, leave }) {
    Object.assign(this, { fields, read, send, done });
    this.problem = h("div", { class: "wrong", role: "alert" });
    this.submit = h("button", { class: "button primary", type: "submit" }, act);
    this.element = h("form", { class: "hook-form", novalidate: true, "aria-label": title, onsubmit: (event) => { event.preventDefault(); this.press(); } },
      h("h3", {}, title), h("div", { class: "fields" }, fields.map((one) => one.element)), this.problem,
      h("div", { class: "row-of" }, this.submit, button({ press: leave }, t("people.leave"))));
  }

  focus(name = this.fields[0].name) {
    this.element.scrollIntoView({ block: "nearest" });
    this.fields.find((one) => one.name === name).input.focus({ preventScroll: true });
  }

  async press() {
    this.forget();
    const wanted = this.read((name, message) => this.wrong(name, message));
    if (this.first) return this.first.focus();
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
    if (!(error instanceof ApiError)) return this.wrong(null, t("trouble.offline"));
    if (error.status === 401) return;
    for (const { field: name, message } of error.fields) this.wrong(name, message);
    if (!error.fields.length) this.wrong(null, error.message);
    this.first?.focus();
  }

  wrong(name, message) {
    const place = this.fields.find((one) => one.name === name);
    (place?.problem ?? this.problem).append(h("p", {}, icon("warning"), h("span", {}, message.charAt(0).toUpperCase() + message.slice(1))));
    place?.input.setAttribute("aria-invalid", "true");
    this.first ??= place?.input;
  }

  forget() {
    this.first = null;
    this.problem.replaceChildren();
    for (const { input, problem } of this.fields) {
      input.removeAttribute("aria-invalid");
      problem.replaceChildren();
    }
  }
}
