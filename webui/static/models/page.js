/* Models, for administrators: every model with its stage, and comparisons of two that people vote on. */
import { AtElement } from "../core/element.js";
import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { store } from "../core/store.js";
import { Tabs } from "../core/tabs.js";
import { Comparisons } from "./comparisons.js";
import { Registry } from "./registry.js";

export class Models extends AtElement {
  static sheets = ["lists", "figures", "models", "outcome"];

  render() {
    const views = [["models", t("models.title")], ["comparisons", t("comparisons.title")]];
    this.tabs = new Tabs(t("models.tabs"), views, (name) => this.view(name));
    this.shadowRoot.append(h("header", { class: "bar" }, h("h1", {}, t("models.title")), this.tabs.element), this.tabs.space);
  }

  connected() {
    this.listen(store, "notice", () => this.shown?.look()); // something may be stopped, or lifted
    this.tabs.open();
  }

  disconnected() {
    this.shown?.stop?.();
  }

  view(name) {
    this.shown?.stop?.();
    this.shown = name === "comparisons" ? new Comparisons() : new Registry();
    this.shown.look();
    return this.shown.element;
  }
}
