/* Galleries as cards: four of their images, their name, whose they are, and how far they are decided. */
import { api } from "../core/api.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { failed, nothing } from "../core/lists.js";
import { mosaic } from "./mosaic.js";
import { decided, door } from "./parts.js";

const PAGE = 24;

export class Cards {
  /** `make` opens the form of a new gallery. */
  constructor(view, make) {
    this.view = view;
    this.make = make;
    this.grid = h("div", { class: "galleries" });
    this.foot = h("div", { class: "foot", "aria-live": "polite" });
    this.element = h("div", {}, this.grid, this.foot);
  }

  /** Load the first page anew. */
  look() {
    this.cursor = null;
    this.grid.replaceChildren(...Array.from({ length: 6 }, () => h("div", { class: "ghost gallery-ghost", "aria-hidden": "true" })));
    this.foot.replaceChildren();
    return this.more();
  }

  async more() {
    const first = this.cursor === null;
    const asked = (this.asked = {});
    const query = new URLSearchParams({ of: this.view, limit: PAGE, ...(this.cursor && { cursor: this.cursor }) });
    try {
      const { items, next_cursor: next } = await api(`/galleries?${query}`);
      if (this.asked !== asked) return;
      if (first) this.grid.replaceChildren();
      this.grid.append(...items.map(card));
      this.cursor = next;
      this.foot.replaceChildren(...this.footer(next));
    } catch {
      if (this.asked !== asked) return;
      if (first) this.grid.replaceChildren();
      this.foot.replaceChildren(failed(t("galleries.error"), () => (first ? this.look() : this.more())));
    }
  }

  footer(next) {
    if (next) return [button({ press: () => this.more() }, t("galleries.more"))];
    if (this.grid.children.length) return [];
    const act = this.view === "mine" ? [button({ kind: "button primary", press: this.make }, icon("plus"), t("galleries.new"))] : [];
    return [nothing("gallery", t(`galleries.empty.${this.view}.title`), t(`galleries.empty.${this.view}.text`), ...act)];
  }
}

function card(gallery) {
  return h("a", { class: "gallery", href: `/galleries?id=${gallery.id}` },
    mosaic(gallery.cover),
    h("div", { class: "about" }, h("h2", { title: gallery.name }, gallery.name),
      h("p", { class: "facts" }, door(gallery.visibility), h("span", {}, gallery.role === "owner" ? t("galleries.yours") : t("galleries.of", { name: gallery.owner.name }))),
      decided(gallery)));
}
