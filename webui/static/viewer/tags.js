/* The tags of an image: read by everybody who sees it, changed by who may curate it. */
import { api } from "../core/api.js";
import { change } from "../core/changes.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";

const LONGEST = 50;
const TYPING_MS = 150;

export class TagEditor {
  constructor() {
    this.options = h("datalist", { id: "known-tags" });
    this.input = h("input", { type: "text", list: "known-tags", maxlength: LONGEST, placeholder: t("tags.add"), "aria-label": t("tags.add"), autocomplete: "off", enterkeyhint: "done",
      oninput: () => this.suggest(), onkeydown: (event) => this.key(event) });
    this.list = h("ul", { class: "chips" });
    this.element = h("div", { class: "tags", hidden: true }, this.list, this.input, this.options);
  }

  show(image) {
    this.image = image;
    this.element.hidden = !image || (!image.can_curate && !image.tags.length);
    this.input.hidden = !image?.can_curate;
    this.list.setAttribute("aria-label", t("tags"));
    this.list.replaceChildren(...(image?.tags ?? []).map((tag) => this.chip(tag)));
  }

  chip(tag) {
    return h("li", { class: "chip" }, h("span", {}, tag), this.image.can_curate
      && button({ kind: "round tiny", label: t("tags.remove", { tag }), press: () => { change([this.image.id], { remove_tags: [tag] }); this.input.focus(); } }, icon("close")));
  }

  key(event) {
    if (event.key === "Escape" && this.input.value) {
      this.input.value = "";
      event.preventDefault();
    } else if (event.key === "Enter" || event.key === ",") {
      event.preventDefault();
      this.add();
    } else return;
    event.stopPropagation();
  }

  add() {
    const tag = this.input.value.trim();
    this.input.value = "";
    if (tag && !this.image.tags.includes(tag)) change([this.image.id], { add_tags: [tag] });
  }

  suggest() {
    clearTimeout(this.pause);
    this.pause = setTimeout(async () => {
      const query = new URLSearchParams({ kind: "tag", prefix: this.input.value.trim() });
      const found = await api(`/library/suggestions?${query}`).catch(() => []);
      this.options.replaceChildren(...found.map(({ value }) => h("option", { value })));
    }, TYPING_MS);
  }
}
