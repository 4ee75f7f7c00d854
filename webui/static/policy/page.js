/* Policy, for administrators: its versions, a draft as it is written, and the figures of moderation. */
import { AtElement } from "../core/element.js";
import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { Tabs } from "../core/tabs.js";
import { Quality } from "./quality.js";
import { Versions } from "./versions.js";

export class Policy extends AtElement {
  static sheets = ["lists", "figures", "policy"];

  render() {
    const views = [["versions", t("policy.versions")], ["quality", t("quality.title")]];
    this.tabs = new Tabs(t("policy.tabs"), views, (name) => this.view(name));
    this.shadowRoot.append(h("header", { class: "bar" }, h("h1", {}, t("policy.title")), this.tabs.element), this.tabs.space);
  }

  connected() {
    this.tabs.open();
    this.listen(window, "beforeunload", (event) => { if (this.shown?.dirty) event.preventDefault(); });
  }

  disconnected() {
    this.shown?.stop?.();
  }

  view(name) {
    this.shown?.stop?.();
    this.shown = name === "quality" ? new Quality() : new Versions();
    this.shown.look();
    return this.shown.element;
  }
}
