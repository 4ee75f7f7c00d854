/* The mask of a run: painted over its first picture in the editor that the form has, and kept for this run alone. */
import { button, h, icon } from "../core/dom.js";
import { group } from "../core/form.js";
import { t } from "../core/i18n.js";

const UNPAINTED = { mask: null, mask_blur: 4, masked_area: "whole", invert_mask: false, size: null };

export class MaskOf {
  /** `picture` returns what is painted over, `changed` is called when there is another mask. */
  constructor(picture, changed) {
    Object.assign(this, { picture, changed, now: UNPAINTED });
    this.opener = button({ kind: "button small", press: () => this.paint() });
    this.seen = h("img", { class: "mask", alt: "", width: 72, height: 72, hidden: true });
    this.problem = h("small", { role: "alert" });
    this.field = group("mask", t("recipes.mask"), [this.opener], h("div", { class: "given" }, this.seen, this.opener), h("small", {}, t("recipes.mask.hint")), this.problem);
    this.show();
  }

  get id() {
    return this.now.mask;
  }

  /** Another picture needs another mask. */
  forget() {
    this.now = UNPAINTED;
    this.show();
  }

  show() {
    this.opener.replaceChildren(icon("brush"), t(this.id ? "recipes.mask.again" : "recipes.mask.paint"));
    this.seen.hidden = !this.id;
    if (this.id) this.seen.src = `/api/v1/uploads/${this.id}/content`;
  }

  async paint() {
    const init = this.picture();
    this.problem.replaceChildren(init ? "" : t("recipes.mask.first"));
    if (!init) return;
    const { openMask } = await import("../edit/mask_dialog.js");
    const set = (changes) => { this.now = { ...this.now, ...changes }; this.show(); this.changed(); };
    await openMask(() => this.opener.focus(), { now: () => ({ ...this.now, init }), set, only: true });
  }
}
