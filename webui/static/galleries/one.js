/* One gallery: what it is for, who is in it, and its images, which the library shows. */
import { ApiError, api } from "../core/api.js";
import { AtElement } from "../core/element.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { failed, ghosts, nothing } from "../core/lists.js";
import { decided, door, edits, face } from "./parts.js";

const FACES = 5;
// What is opened from here is loaded when it is.
const openLinks = async (gallery) => (await import("./links.js")).openLinks(gallery);
const editGallery = async (gallery, changed) => (await import("./edit.js")).editGallery(gallery, changed);
const openMembers = async (gallery, changed) => (await import("./members.js")).openMembers(gallery, changed);

export class Gallery extends AtElement {
  static sheets = ["lists", "galleries"];

  render() {
    this.id = new URLSearchParams(location.search).get("id");
    this.head = h("header", { class: "head" }, ghosts("ghost head-ghost", 1));
    // Its images need not wait for its name.
    this.library = h("at-library", { gallery: this.id });
    this.space = h("div", {}, this.library);
    this.shadowRoot.append(h("div", { class: "one" }, h("a", { class: "up", href: "/galleries" }, icon("left"), t("galleries.up")), this.head, this.space));
    this.look();
  }

  /** What is said of images changes how far a gallery is decided. */
  connected() {
    this.listen(document, "atelier:changed", () => this.look());
  }

  async look() {
    try {
      const path = `/galleries/${encodeURIComponent(this.id)}`;
      const [gallery, members] = await Promise.all([api(path), api(`${path}/members`)]);
      this.show(gallery, members);
    } catch (error) {
      const gone = error instanceof ApiError && [404, 422].includes(error.status);
      if (this.known && !gone) return;
      this.head.replaceChildren();
      this.space.replaceChildren(gone
        ? nothing("gallery", t("galleries.gone.title"), t("galleries.gone.text"), h("a", { class: "button", href: "/galleries" }, t("galleries.up")))
        : failed(t("galleries.error"), () => this.look()));
    }
  }

  show(gallery, members) {
    document.title = `${gallery.name} · Atelier`;
    this.head.replaceChildren(
      h("div", { class: "title" }, h("h1", {}, gallery.name), h("p", { class: "facts" }, door(gallery.visibility), h("span", {}, t("galleries.of", { name: gallery.owner.name })))),
      h("div", { class: "acts" }, this.people(gallery, members), ...this.changes(gallery)),
      gallery.brief && h("p", { class: "brief" }, gallery.brief),
      decided(gallery));
    this.known = true;
    this.library.setAttribute("name", gallery.name);
    this.library.toggleAttribute("edits", edits(gallery.role));
    if (!this.library.isConnected) this.space.replaceChildren(this.library);
  }

  /** Return the members as faces; pressed, they are listed. */
  people(gallery, members) {
    const more = members.length - FACES;
    return button({ kind: "faces", label: t("galleries.members.open", { count: members.length }), press: () => openMembers(gallery, () => this.look()) },
      ...members.slice(0, FACES).map(({ user }) => face(user.name)), more > 0 && h("i", { class: "face", "aria-hidden": "true", "data-letters": `+${more}` }));
  }

  changes(gallery) {
    if (!edits(gallery.role)) return [];
    return [button({ press: () => openLinks(gallery) }, icon("link"), t("links.share")), button({ press: () => editGallery(gallery, () => this.look()) }, icon("create"), t("galleries.edit"))];
  }
}
