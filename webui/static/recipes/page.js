/* Recipes: those that one may use, and one's own runs of them. */
import { may } from "../core/api.js";
import { AtElement } from "../core/element.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { Tabs } from "../core/tabs.js";
import { Kept } from "./kept.js";
import { Runs } from "./runs.js";

export class Recipes extends AtElement {
  static sheets = ["lists", "recipes"];

  async render() {
    this.maker = await may("generate").catch(() => true);
    this.kept = new Kept(this.maker, () => this.write());
    this.runs = new Runs();
    const views = [["recipes", t("recipes.view.recipes")], ["runs", t("recipes.view.runs")]];
    this.tabs = new Tabs(t("recipes.views"), views, (view) => {
      const shown = view === "runs" ? this.runs : this.kept;
      shown.look();
      return shown.element;
    });
    const make = this.maker && button({ kind: "button primary", press: () => this.write() }, icon("plus"), t("recipes.new"));
    this.shadowRoot.append(h("header", { class: "bar" }, h("h1", {}, t("recipes.title")), this.tabs.element, make || null), this.tabs.space);
    this.tabs.open();
  }

  connected() {
    this.listen(document, "atelier:ran", () => this.tabs?.choose("runs"));
    this.listen(document, "atelier:recipes", () => this.kept?.look());
    this.runs?.listen();
  }

  disconnected() {
    this.runs?.deafen();
  }

  async write() {
    const { writeRecipe } = await import("./form.js");
    writeRecipe();
  }
}
