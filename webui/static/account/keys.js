/* API keys: the programs that act as one, each with its end, and making, rotating and revoking them. */
import { api, me } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { AtElement } from "../core/element.js";
import { button, h, icon } from "../core/dom.js";
import { ago, number, when } from "../core/format.js";
import { t } from "../core/i18n.js";
import { sure } from "../overlay/sure.js";
import { toast } from "../overlay/toast.js";
import { keyForm, meaning } from "./key_form.js";
import { focusSecret, secretPanel } from "./secret.js";

const DAY_MS = 86_400_000;
const SOON_DAYS = 14;

export class Keys extends AtElement {
  static sheets = ["lists", "account"];

  render() {
    this.addButton = button({ kind: "button primary", press: () => this.add(), hidden: true }, icon("plus"), t("apikeys.add"));
    [this.top, this.once] = [h("div"), h("div", { class: "hooks" })];
    this.list = h("ul", { class: "rows" }, h("li", { class: "ghost row-ghost", "aria-hidden": "true" }));
    this.shadowRoot.append(h("section", { "aria-labelledby": "heading" },
      h("header", { class: "section" }, h("div", {}, h("h2", { id: "heading", tabindex: -1 }, t("apikeys.title")), h("p", { class: "sub" }, t("apikeys.text"))), this.addButton),
      this.top, this.once, this.list));
    this.load();
  }

  async load() {
    try {
      this.keys = await api("/me/api-keys");
      this.arrange();
    } catch {
      this.list.replaceChildren(h("li", { class: "none" }, icon("warning"), t("apikeys.error"), button({ kind: "button small", press: () => this.load() }, icon("retry"), t("action.reload"))));
    }
  }

  arrange() {
    this.addButton.hidden = Boolean(this.form);
    this.list.replaceChildren(...(this.keys.length ? this.keys.map((one) => this.row(one)) : [h("li", { class: "none" }, icon("key"), t("apikeys.none"))]));
  }

  row(key) {
    const { over, soon } = standing(key);
    const small = (word, picture, press, kind = "") => button({ kind: `button small ${kind}`, label: t(`apikeys.${word}.label`, { name: key.name }), press }, icon(picture), t(`apikeys.${word}`));
    return h("li", { class: "row", "aria-label": key.name },
      h("div", { class: "what" }, h("b", {}, key.name), tag(key), h("p", { class: "facts" }, `${facts(key)} · `, h("code", {}, `atl_${key.id}`)),
        soon && !over && !key.replaced_by && h("p", { class: "trouble" }, icon("warning"), t("apikeys.soon", { time: when(key.expires_at) })),
        key.replaced_by && !over && h("p", { class: "trouble calm" }, icon("key"), t("apikeys.replaced", { time: when(key.expires_at) }))),
      h("div", { class: "row-of" },
        !over && !key.replaced_by && small("rotate", "retry", () => this.rotate(key)),
        small("revoke", "trash", () => this.revoke(key), "bad")));
  }

  async add() {
    const { permissions } = await me();
    this.form = keyForm({
      scopes: permissions,
      send: (wanted) => api("/me/api-keys", { method: "POST", json: wanted }),
      done: (made) => { this.close(); this.made(made, t("apikeys.added")); }, leave: () => { this.close(); this.addButton.focus(); },
    });
    this.top.replaceChildren(this.form.element);
    this.arrange();
    this.form.focus();
  }

  close() {
    this.form = null;
    this.top.replaceChildren();
    this.arrange();
  }

  async rotate(key) {
    const really = await sure("apikeys.rotate", { name: key.name }, "primary");
    if (!really) return;
    await attempt(async () => { await this.made(await api(`/me/api-keys/${key.id}/rotate`, { method: "POST", json: {} }), t("apikeys.rotated")); });
  }

  async revoke(key) {
    const really = await sure("apikeys.revoke", { name: key.name });
    if (!really) return;
    const done = await attempt(() => api(`/me/api-keys/${key.id}`, { method: "DELETE" }));
    if (done) toast(t("apikeys.revoked"));
    await this.load();
    this.shadowRoot.getElementById("heading").focus();
  }

  /** Show a key's text, this once, and the list that it is in now. */
  async made({ key }, said) {
    const panel = secretPanel(key, "apikeys.secret", () => { this.once.replaceChildren(); this.addButton.focus(); });
    this.once.replaceChildren(h("div", { class: "hook fresh" }, panel));
    toast(said);
    await this.load();
    focusSecret(this.once);
  }
}

function standing({ expires_at: expires }) {
  const left = expires ? Date.parse(expires) - Date.now() : Infinity;
  return { over: left <= 0, soon: left < SOON_DAYS * DAY_MS, days: Math.ceil(left / DAY_MS) };
}

function tag(key) {
  const { over, soon } = standing(key);
  const [kind, word] = over ? ["plain", "expired"] : key.replaced_by ? ["plain", "ending"] : soon ? ["warn", "expiring"] : ["ok", "working"];
  return h("span", { class: `tag ${kind}` }, t(`apikeys.state.${word}`));
}

function facts(key) {
  const { over, days } = standing(key);
  return [
    key.scopes ? key.scopes.map(meaning).join(", ") : t("apikeys.scopes.all"),
    key.last_used_at ? t("apikeys.used", { time: ago(key.last_used_at) }) : t("apikeys.unused"),
    key.expires_at && !(key.replaced_by && !over) && (over ? t("apikeys.ended", { time: when(key.expires_at) }) : t("apikeys.days", { days: number(days) })),
  ].filter(Boolean).join(" · ");
}
