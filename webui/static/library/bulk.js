/* What can be done with the images that are selected, in a bar at the bottom. */
import { STATUSES, change, trash } from "../core/changes.js";
import { button, h, icon } from "../core/dom.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { dropdown } from "../core/dropdown.js";
import { toast } from "../overlay/toast.js";
import { saveZip } from "./zip.js";

const MOST_COMPARED = 4;

export class Bulk {
  constructor(selection, results, scope) {
    Object.assign(this, { selection, results, scope });
    this.element = h("div", { class: "bulk", role: "toolbar", "aria-label": t("bulk"), hidden: true });
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
    const kind = [items.length, this.results.inTrash, items.some(({ image }) => image.can_curate), this.scope.lets(items)].join();
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
      this.act("gallery", "galleries.add", () => this.place()),
      this.scope.lets(items) && this.act("minus", "galleries.images.out", () => this.scope.takeOut(this.ids), t("galleries.images.out.whole")),
      items.length >= 2 && items.length <= MOST_COMPARED && this.act("compare", "viewer.compare", () => this.compare()),
      this.act("download", "bulk.zip", () => saveZip(this.ids)),
      this.act("trash", "changes.trash", () => trash(this.ids)),
    ].filter(Boolean);
  }

  /** Return a button; its `label` says all of it where its word is short, or the bar too narrow for words. */
  act(picture, word, press, label = t(word)) {
    return button({ "data-act": picture, label, press }, icon(picture), h("span", {}, t(word)));
  }

  async compare() {
    const { openCompare } = await import("../viewer/compare.js");
    await openCompare(this.items);
  }

  async place() {
    const { openAddToGallery } = await import("../galleries/add.js");
    await openAddToGallery(this.ids);
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
}
