/* Galleries: cards of all that one may open. */
import { may } from "../core/api.js";
import { AtElement } from "../core/element.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { store } from "../core/store.js";
import { Tabs } from "../core/tabs.js";
import { Cards } from "./cards.js";
import { newGallery } from "./forms.js";

const VIEWS = ["mine", "shared", "everyone"];

export class Galleries extends AtElement {
  static sheets = ["lists", "galleries"];

  /** Who only looks begins with what others show. */
  async render() {
    const maker = await may("generate").catch(() => true);
    const views = maker ? VIEWS : [...VIEWS.slice(1), VIEWS[0]];
    const cards = {};
    const tabs = new Tabs(t("galleries.views"), views.map((view) => [view, t(`galleries.view.${view}`)]), (view) => {
      cards[view] ??= new Cards(view, make);
      this.seen = cards[view];
      this.seen.look();
      return cards[view].element;
    });
    const make = () => newGallery(({ id }) => location.assign(`/galleries?id=${id}`));
    this.shadowRoot.append(
      h("header", { class: "bar" }, h("h1", {}, t("galleries.title")), tabs.element,
        button({ kind: "button primary", press: make }, icon("plus"), t("galleries.new"))),
      tabs.space);
    tabs.open();
  }

  /** A cover may be of an image that was taken down. */
  connected() {
    this.listen(store, "withdrawn", () => this.seen?.look());
  }
}
