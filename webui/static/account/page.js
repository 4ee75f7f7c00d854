/* Account: what belongs to the person who is signed in, a section each. */
import { me } from "../core/api.js";
import { AtElement } from "../core/element.js";
import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";

const SECTIONS = ["at-usage", "at-sessions", "at-apikeys", "at-webhooks"];

export class Account extends AtElement {
  static sheets = ["account"];

  render() {
    const who = h("span", { class: "sub" });
    me().then(({ name, email }) => { who.textContent = `${name} · ${email}`; }).catch(() => null);
    this.shadowRoot.append(h("header", { class: "bar" }, h("h1", {}, t("account.title")), who),
      ...SECTIONS.map((name) => document.createElement(name)));
  }
}
