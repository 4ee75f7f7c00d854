/* A form above a list; what is wrong, by us or by the API, stands under its field. */
import { ApiError } from "./api.js";
import { button, h, icon } from "./dom.js";
import { t } from "./i18n.js";

/** Return a field of a form: `name` is the API's, `input` is what is focused when it is wrong. */
export function field(name, label, input, { hint = null, body = input } = {}) {
  input.id = name;
  input.setAttribute("aria-describedby", hint ? `${name}-hint ${name}-problem` : `${name}-problem`);
  const problem = problemOf(name);
  const below = hint && h("small", { id: `${name}-hint` }, hint);
  const element = h("div", { class: "field" }, h("label", { for: name }, label), body, below, problem);
  return { name, input, problem, element };
}

/** Return a group of boxes: the first is focused when the choice is wrong, `body` is what is seen of them. */
export function group(name, legend, boxes, ...body) {
  const problem = problemOf(name);
  return { name, input: boxes[0], problem, element: h("fieldset", {}, h("legend", {}, legend), body, problem) };
}

/** Return boxes beside each other; `named` returns the words of a value. */
export const checks = (boxes, named) => h("div", { class: "checks" }, boxes.map((box) => check(box, named(box.value))));

export const check = (box, label, hint = null) => h("label", { class: "check" }, box, h("span", {}, label, hint && h("small", {}, hint)));

const problemOf = (name) => h("div", { id: `${name}-problem`, class: "wrong", role: "alert" });

export class Form {
  /** `read` returns what to send, after it told `wrong` of what cannot be; `send` sends it, `done` is told its result.
      A field needs no more than its `element`: what is wrong with it then stands below all of them. */
  constructor({ title, act, fields, read, send, done, leave }) {
    Object.assign(this, { fields, read, send, done });
    this.problem = problemOf("form");
    this.submit = h("button", { class: "button primary", type: "submit" }, act);
    this.element = h("form", { class: "hook-form", novalidate: true, "aria-label": title, onsubmit: (event) => { event.preventDefault(); this.press(); } },
      h("h3", {}, title), h("div", { class: "fields" }, fields.map((one) => one.element)), this.problem,
      h("div", { class: "row-of" }, this.submit, button({ press: leave }, t("action.leave"))));
  }

  focus() {
    this.element.scrollIntoView({ block: "nearest" });
    this.fields[0].input.focus({ preventScroll: true });
  }

  async press() {
    this.forget();
    const wanted = this.read((name, message) => this.wrong(name, message));
    if (this.amiss) return this.first?.focus();
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

  /** Say what is wrong with a field, or with none; of a list the API names the place, too, such as `kinds.0`. */
  wrong(name, message) {
    this.amiss = true;
    const place = name && this.fields.find((one) => one.name === name.split(".")[0]);
    (place?.problem ?? this.problem).append(h("p", {}, icon("warning"), h("span", {}, message.charAt(0).toUpperCase() + message.slice(1))));
    place?.input?.setAttribute("aria-invalid", "true");
    this.first ??= place?.input;
  }

  forget() {
    this.amiss = false;
    this.first = null;
    this.problem.replaceChildren();
    for (const { input, problem } of this.fields) {
      input?.removeAttribute("aria-invalid");
      problem?.replaceChildren();
    }
  }
}
