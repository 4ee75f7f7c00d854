/* The images of a gallery as a plain grid, and the viewer over them. */
import { api, contentOf } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { failed, ghosts, nothing } from "../core/lists.js";
import { find, learn } from "../core/store.js";
import { toast } from "../overlay/toast.js";
import { openViewer } from "../viewer/viewer.js";
import { edits } from "./parts.js";

const PAGE = 60;

export class Grid {
  /** `changed` is called when an image was taken out. */
  constructor(gallery, changed) {
    Object.assign(this, { gallery, changed, cursor: null });
    this.tiles = h("ul", { class: "tiles" });
    this.foot = h("div", { class: "foot", "aria-live": "polite" }, ghosts("ghost tile-ghost", 6));
    this.element = h("div", {}, this.tiles, this.foot);
    this.more();
  }

  async more() {
    const query = new URLSearchParams({ limit: PAGE, ...(this.cursor && { cursor: this.cursor }) });
    try {
      const { items, next_cursor: next } = await api(`/galleries/${this.gallery.id}/images?${query}`);
      this.tiles.append(...items.map((image) => this.tile(image)));
      this.cursor = next;
      this.foot.replaceChildren(...this.footer());
    } catch {
      this.foot.replaceChildren(failed(t("galleries.images.error"), () => this.more()));
    }
  }

  footer() {
    if (this.cursor) return [button({ press: () => this.more() }, t("galleries.more"))];
    if (this.tiles.children.length) return [];
    return [nothing("gallery", t("galleries.images.empty.title"), t("galleries.images.empty.text"), h("a", { class: "button", href: "/library" }, t("nav.library")))];
  }

  tile(image) {
    const { id, prompt, width, height } = image;
    const words = prompt.slice(0, 80);
    const out = (edits(this.gallery.role) || image.mine) &&
      button({ kind: "round out", label: t("galleries.images.out", { prompt: words }), press: () => this.takeOut(image, tile) }, icon("close"));
    const tile = h("li", { class: "tile", style: { "--ratio": `${width} / ${height}` } },
      button({ kind: "open", label: t("action.open", { prompt: words }), press: () => open(id) }, h("img", { alt: prompt, src: contentOf(id, "preview"), loading: "lazy", decoding: "async", width, height })),
      image.status === "approved" && h("span", { class: "approved" }, icon("check"), t("galleries.images.approved")), out);
    return tile;
  }

  async takeOut({ id }, tile) {
    const done = await attempt(() => api(`/galleries/${this.gallery.id}/images`, { method: "DELETE", json: { image_ids: [id] } }));
    if (!done) return;
    const next = (tile.nextElementSibling ?? tile.previousElementSibling)?.querySelector(".open");
    tile.remove();
    this.foot.replaceChildren(...this.footer());
    toast(t("galleries.images.said.out"));
    next?.focus();
    this.changed();
  }
}

/** Open the viewer on one image, also on somebody else's, whose generation only they can read. */
async function open(id) {
  await attempt(async () => {
    const image = await api(`/images/${id}`);
    const known = find(image.generation_id) ?? { id: image.generation_id, state: "succeeded", parameters: image.parameters, created_at: image.created_at, images: [] };
    if (!known.images.some((one) => one.id === id)) learn({ ...known, images: [...known.images, image] });
    openViewer(find(image.generation_id), image);
  });
}
