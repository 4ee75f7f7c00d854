/* Webhooks: the addresses that are told of one's generations, and adding another. */
import { api, may } from "../core/api.js";
import { AtElement } from "../core/element.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { failed, nothing } from "../core/lists.js";
import { toast } from "../overlay/toast.js";
import { webhookForm } from "./form.js";

export class Webhooks extends AtElement {
  static sheets = ["lists", "account"];

  render() {
    this.addButton = button({ kind: "button primary", press: () => this.add(), hidden: true }, icon("plus"), t("webhooks.add"));
    this.top = h("div");
    this.list = h("div", { class: "hooks" }, h("div", { class: "ghost hook-of", "aria-hidden": "true" }));
    this.shadowRoot.append(h("section", { "aria-labelledby": "heading" },
      h("header", { class: "section" }, h("div", {}, h("h2", { id: "heading" }, t("webhooks.title")), h("p", { class: "sub" }, t("webhooks.text"))), this.addButton),
      this.top, this.list));
    this.load();
  }

  async load() {
    try {
      const [webhooks, maker] = await Promise.all([api("/webhooks"), may("generate")]);
      this.maker = maker;
      this.list.replaceChildren(...webhooks.map((one) => this.card(one)));
      this.arrange();
    } catch {
      this.list.replaceChildren(failed(t("webhooks.error"), () => this.load()));
    }
  }

  /** Show the list, or why it is empty and what could be in it. */
  arrange() {
    const some = Boolean(this.list.querySelector("at-webhook"));
    this.addButton.hidden = !this.maker || !some || Boolean(this.form);
    if (!some) this.list.replaceChildren(...(this.form ? [] : [this.nothing()]));
  }

  nothing() {
    return nothing("send", t("webhooks.empty.title"), t(this.maker ? "webhooks.empty.text" : "webhooks.empty.looking"),
      this.maker && button({ kind: "button primary", press: () => this.add() }, icon("plus"), t("webhooks.add")));
  }

  card(webhook, secret = null) {
    const card = document.createElement("at-webhook");
    card.webhook = webhook;
    card.secret = secret;
    card.maker = this.maker;
    card.addEventListener("gone", () => { card.remove(); this.arrange(); (this.addButton.hidden ? this.list.querySelector("button") : this.addButton)?.focus(); });
    return card;
  }

  add() {
    this.form = webhookForm({
      title: t("webhooks.add.title"), act: t("webhooks.add"),
      send: (wanted) => api("/webhooks", { method: "POST", json: wanted }),
      done: (made) => this.added(made), leave: () => this.close(),
    });
    this.top.replaceChildren(this.form.element);
    this.arrange();
    this.form.focus();
  }

  added({ secret, ...webhook }) {
    this.close();
    if (!this.list.querySelector("at-webhook")) this.list.replaceChildren();
    const card = this.card(webhook, secret);
    this.list.prepend(card);
    this.arrange();
    toast(t("webhooks.added"));
    card.focusSecret();
  }

  close() {
    this.form = null;
    this.top.replaceChildren();
    this.arrange();
    (this.addButton.hidden ? this.list.querySelector("button") : this.addButton)?.focus();
  }
}
