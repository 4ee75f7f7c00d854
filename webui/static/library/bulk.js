/* What can be done with the images that are selected, in a bar at the bottom. */
import { api } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { STATUSES, change, trash } from "../core/changes.js";
import { button, h, icon } from "../core/dom.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { dropdown } from "../core/dropdown.js";
import { toast } from "../overlay/toast.js";
import { saveZip } from "./zip.js";

const MOST_COMPARED = 4;

export class Bulk {
  constructor(selection, results) {
    Object.assign(this, { selection, results });
    this.element = h("div", { class: "bulk", role: "toolbar", "aria-label": t("bulk"), hidden: true });
    this.galleries = null;
  }

  get items() {
    return this.results.items.filter(({ image }) => this.selection.has(image.id));
  }

  get ids() {
    return this.items.map(({ image }) => image.id);
  }

  show() {
    const { items } = this;
    this.element.hidden = !items.length;
    const kind = [items.length, this.results.inTrash, items.some(({ image }) => image.can_curate)].join();
    if (this.element.hidden || kind === this.kind) return;
    this.kind = kind;
    this.element.replaceChildren(
      h("b", { role: "status" }, t("bulk.count", { count: number(items.length) })),
      ...(this.results.inTrash ? [this.act("retry", "bulk.restore", () => change(this.ids, { trashed: false }))] : this.acts(items)),
      button({ kind: "round", label: t("bulk.clear"), press: () => this.selection.clear() }, icon("close")));
  }

  acts(items) {
    const curates = items.some(({ image }) => image.can_curate);
    return [
      curates && dropdown({ label: t("status"), text: t("status"), picture: "check" }, () => STATUSES.map((status) => button({ kind: "choice", press: () => change(this.ids, { status }) }, h("span", {}, h("i", { class: `dot ${status}` }), ` ${t(`status.${status}`)}`)))),
      curates && dropdown({ label: t("tags.add"), text: t("tags"), picture: "tag" }, () => this.tagging()),
      dropdown({ label: t("bulk.gallery"), text: t("bulk.gallery"), picture: "gallery" }, () => this.places()),
      items.length >= 2 && items.length <= MOST_COMPARED && this.act("compare", "viewer.compare", () => this.compare()),
      this.act("download", "bulk.zip", () => saveZip(this.ids)),
      this.act("trash", "changes.trash", () => trash(this.ids)),
    ].filter(Boolean);
  }

  act(picture, word, press) {
    return button({ "data-act": picture, press }, icon(picture), h("span", {}, t(word)));
  }

  async compare() {
    const { openCompare } = await import("../viewer/compare.js");
    await openCompare(this.items);
  }

  tagging() {
    const input = h("input", { class: "tagging", type: "text", maxlength: 50, placeholder: t("tags.add"), "aria-label": t("tags.add"), autocomplete: "off",
      onkeydown: (event) => {
        const tag = input.value.trim();
        if (event.key !== "Enter" || !tag) return;
        input.value = "";
        change(this.ids, { add_tags: [tag] }).then((done) => { if (done.length) toast(t("bulk.tagged", { tag, count: number(done.length) })); });
      } });
    requestAnimationFrame(() => input.focus());
    return input;
  }

  /** Return the galleries that somebody may put images into; they are asked for each time the menu opens. */
  places() {
    const list = h("div", { class: "places" }, h("span", { class: "spinner" }));
    const entry = (gallery) => button({ kind: "choice", press: () => this.put(gallery) }, gallery.name);
    api("/galleries").then((page) => (page.items ?? page).filter(({ role }) => role === "owner" || role === "editor"))
      .then((open) => list.replaceChildren(...(open.length ? open.map(entry) : [h("p", { class: "sub" }, t("bulk.gallery.none"))])))
      .catch(() => list.replaceChildren(h("p", { class: "sub" }, t("bulk.gallery.error"))));
    return list;
  }

  put({ id, name }) {
    return attempt(async () => {
      const { placed, refused } = await api(`/galleries/${id}/images`, { method: "POST", json: { image_ids: this.ids } });
      if (placed.length) toast(t("bulk.placed", { count: number(placed.length), name }));
      if (refused.length) toast(t("changes.refused", { count: number(refused.length), reason: refused[0].reason }), "bad");
    });
  }
}
