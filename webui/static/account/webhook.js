/* One webhook: where it goes, what it is told, what can be done with it, and how its deliveries went. */
import { api } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { AtElement } from "../core/element.js";
import { button, h, icon } from "../core/dom.js";
import { ago, when } from "../core/format.js";
import { Looking } from "../core/looking.js";
import { t } from "../core/i18n.js";
import { sure } from "../overlay/sure.js";
import { toast } from "../overlay/toast.js";
import { Deliveries } from "./deliveries.js";
import { KINDS, webhookForm } from "./form.js";
import { focusSecret, secretPanel } from "./secret.js";

const EVERY_MS = 3_000;

export class WebhookCard extends AtElement {
  static sheets = ["lists", "account"];

  render() {
    this.deliveries = new Deliveries({ changed: () => this.looking?.now(), may: () => this.maker && this.webhook.enabled });
    this.about = h("div", { class: "about" });
    [this.once, this.shown] = [h("div"), h("div")];
    this.below = h("div", { id: "deliveries", hidden: true }, this.deliveries.element);
    this.article = h("article", { class: "hook" }, this.about, this.once, this.shown, this.below);
    this.shadowRoot.append(this.article);
    this.draw();
    if (this.secret) this.reveal(this.secret);
  }

  disconnected() {
    this.looking?.stop();
    this.looking = null;
  }

  get path() {
    return `/webhooks/${this.webhook.id}`;
  }

  draw() {
    const focused = this.shadowRoot.activeElement?.dataset.act;
    this.drawn = JSON.stringify(this.webhook);
    const { url, description } = this.webhook;
    this.article.setAttribute("aria-label", url);
    this.unfold = button({ kind: "button small unfold", press: () => this.fold(!this.looking), "aria-expanded": String(Boolean(this.looking)), "aria-controls": "deliveries", "data-act": "unfold" },
      t("webhooks.deliveries"), icon("down"));
    this.about.replaceChildren(
      h("header", {}, this.tag(), h("h3", {}, url), description && h("p", { class: "description" }, description)),
      h("p", { class: "facts" }, this.facts()), ...this.troubles(),
      h("div", { class: "acts" }, this.unfold, this.acts()));
    if (focused) (this.about.querySelector(`[data-act="${focused}"]`) ?? this.unfold).focus();
  }

  tag() {
    const { enabled, failing_since: failing } = this.webhook;
    const [kind, word] = !enabled ? ["plain", "disabled"] : failing ? ["warn", "failing"] : ["ok", "enabled"];
    return h("span", { class: `tag ${kind}` }, t(`webhooks.state.${word}`));
  }

  facts() {
    const { kinds, include_prompt: prompt, created_at: created } = this.webhook;
    const told = kinds.length === KINDS.length ? t("webhooks.kinds.all") : kinds.map((kind) => t(`webhooks.kind.${kind}`)).join(", ");
    return [told, prompt && t("webhooks.with_prompt"), t("webhooks.since", { time: ago(created) })].filter(Boolean).join(" · ");
  }

  troubles() {
    const { disabled_reason: reason, failing_since: failing, enabled, previous_until: until } = this.webhook;
    const both = until && Date.parse(until) > Date.now();
    return [
      !enabled && reason && h("p", { class: "trouble" }, icon("warning"), reason),
      enabled && failing && h("p", { class: "trouble" }, icon("warning"), t("webhooks.failing", { time: when(failing) })),
      both && h("p", { class: "trouble calm" }, icon("key"), t("webhooks.both", { time: when(until) })),
    ].filter(Boolean);
  }

  acts() {
    const small = (word, picture, press, kind = "") => button({ kind: `button small ${kind}`, press, "data-act": picture }, icon(picture), t(`webhooks.${word}`));
    const { enabled } = this.webhook;
    return [
      this.maker && enabled && small("test", "send", () => this.test()),
      this.maker && small("edit", "create", () => this.edit()),
      this.maker && small("rotate", "key", () => this.rotate()),
      this.maker && (enabled ? small("disable", "pause", () => this.enable(false)) : small("enable", "play", () => this.enable(true))),
      small("delete", "trash", () => this.drop(), "bad"),
    ];
  }

  learn({ secret: _secret, ...webhook }) {
    this.webhook = webhook;
    if (JSON.stringify(webhook) !== this.drawn) this.draw();
  }

  fold(open) {
    this.below.hidden = !open;
    this.unfold.setAttribute("aria-expanded", String(open));
    this.looking?.stop();
    this.looking = open ? new Looking(() => this.look(), EVERY_MS) : null;
  }

  /** Ask how the deliveries stand, and the webhook with them: the studio may have disabled it. */
  async look() {
    try {
      const [webhook] = await Promise.all([api(this.path), this.deliveries.look(this.path)]);
      this.learn(webhook);
    } catch {
      this.deliveries.failed(() => this.looking?.now());
    }
  }

  async test() {
    const sent = await attempt(() => api(`${this.path}/test`, { method: "POST" }));
    if (!sent) return;
    toast(t("webhooks.tested"));
    if (this.looking) this.looking.now();
    else this.fold(true);
  }

  edit() {
    const form = webhookForm({
      title: t("webhooks.edit.title"), act: t("webhooks.save"), webhook: this.webhook,
      send: (wanted) => api(this.path, { method: "PATCH", json: wanted }),
      done: (changed) => { this.learn(changed); this.put(); toast(t("webhooks.saved")); },
      leave: () => this.put(),
    });
    this.put(form.element);
    form.focus();
  }

  async rotate() {
    const really = await sure("webhooks.rotate", {}, "primary");
    if (!really) return;
    await attempt(async () => {
      const { secret, ...webhook } = await api(`${this.path}/rotate`, { method: "POST" });
      this.learn(webhook);
      this.reveal(secret);
      this.focusSecret();
    });
  }

  enable(enabled) {
    return attempt(async () => {
      this.learn(await api(this.path, { method: "PATCH", json: { enabled } }));
      toast(t(enabled ? "webhooks.was_enabled" : "webhooks.was_disabled"));
      this.looking?.now();
    });
  }

  async drop() {
    const really = await sure("webhooks.delete", { url: this.webhook.url });
    if (!really) return;
    const done = await attempt(() => api(this.path, { method: "DELETE" }));
    if (!done) return;
    toast(t("webhooks.deleted"));
    this.dispatchEvent(new Event("gone"));
  }

  reveal(secret) {
    this.secret = null;
    this.once.replaceChildren(secretPanel(secret, "webhooks.secret", () => { this.once.replaceChildren(); this.unfold.focus(); }));
  }

  focusSecret() {
    focusSecret(this.once);
  }

  /** Show a form under the facts, or none; then the focus goes back to the acts. */
  put(node = null) {
    this.shown.replaceChildren(...(node ? [node] : []));
    if (!node) this.unfold.focus();
  }
}
