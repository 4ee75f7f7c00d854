/* The form of a webhook, to add one or to change it; what is wrong stands under its field. */
import { ApiError } from "../core/api.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";

export const KINDS = ["generation.succeeded", "generation.failed", "generation.canceled", "image.held"];
const LONGEST = { url: 2000, description: 200 };

export class WebhookForm {
  /** `send` takes what was filled in and returns a promise; `done` is told its result, `leave` that nothing changes. */
  constructor({ title, act, webhook = null, send, done, leave }) {
    this.send = send;
    this.done = done;
    this.url = h("input", { id: "url", type: "url", inputmode: "url", required: true, autocomplete: "off", spellcheck: "false", placeholder: t("webhooks.url.placeholder"), maxlength: LONGEST.url, value: webhook?.url, "aria-describedby": "url-hint url-problem" });
    this.description = h("input", { id: "description", type: "text", autocomplete: "off", maxlength: LONGEST.description, value: webhook?.description, placeholder: t("webhooks.description.placeholder"), "aria-describedby": "description-problem" });
    this.kinds = KINDS.map((kind) => h("input", { type: "checkbox", value: kind, checked: (webhook?.kinds ?? KINDS).includes(kind) }));
    this.prompt = h("input", { type: "checkbox", checked: webhook?.include_prompt });
    this.problems = new Map(["url", "kinds", "description", "form"].map((name) => [name, h("div", { id: `${name}-problem`, class: "wrong", role: "alert" })]));
    this.submit = h("button", { class: "button primary", type: "submit" }, act);
    this.element = h("form", { class: "hook-form", novalidate: true, "aria-label": title, onsubmit: (event) => { event.preventDefault(); this.press(); } },
      h("h3", {}, title),
      field("url", t("webhooks.url"), this.url, h("small", { id: "url-hint" }, t("webhooks.url.hint")), this.problems.get("url")),
      field("description", t("webhooks.description"), this.description, this.problems.get("description")),
      h("fieldset", {}, h("legend", {}, t("webhooks.kinds")), h("div", { class: "checks" }, this.kinds.map((box) => check(box, t(`webhooks.kind.${box.value}`)))), this.problems.get("kinds")),
      check(this.prompt, t("webhooks.include_prompt"), t("webhooks.include_prompt.hint")),
      this.problems.get("form"),
      h("div", { class: "row-of" }, this.submit, button({ press: leave }, t("webhooks.leave"))));
  }

  focus() {
    this.element.scrollIntoView({ block: "nearest" });
    this.url.focus({ preventScroll: true });
  }

  get wanted() {
    return {
      url: this.url.value.trim(), description: this.description.value.trim(),
      kinds: this.kinds.filter((box) => box.checked).map((box) => box.value), include_prompt: this.prompt.checked,
    };
  }

  async press() {
    this.forget();
    const { wanted } = this;
    if (!wanted.url) this.wrong("url", t("webhooks.url.none"));
    if (!wanted.kinds.length) this.wrong("kinds", t("webhooks.kinds.none"));
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
    if (!(error instanceof ApiError)) return this.wrong("form", t("trouble.offline"));
    if (error.status === 401) return;
    for (const { field: name, message } of error.fields) this.wrong(name.split(".")[0], message);
    if (!error.fields.length) this.wrong("form", error.message);
    this.first?.focus();
  }

  wrong(name, message) {
    const place = this.problems.get(name) ?? this.problems.get("form");
    place.append(h("p", {}, icon("warning"), h("span", {}, message.charAt(0).toUpperCase() + message.slice(1))));
    const input = { url: this.url, description: this.description, kinds: this.kinds[0] }[name];
    input?.setAttribute("aria-invalid", "true");
    this.first ??= input;
  }

  forget() {
    this.first = null;
    for (const place of this.problems.values()) place.replaceChildren();
    for (const input of [this.url, this.description, this.kinds[0]]) input.removeAttribute("aria-invalid");
  }
}

function field(name, label, input, ...below) {
  return h("div", { class: "field" }, h("label", { for: name }, label), input, below);
}

function check(box, label, hint = null) {
  return h("label", { class: "check" }, box, h("span", {}, label, hint && h("small", {}, hint)));
}
