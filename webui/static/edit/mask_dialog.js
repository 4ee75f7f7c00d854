/* The mask editor as a window over the page: its bar, its settings, and what Done does with what was painted. */
import { button, h, icon, typing } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { loadSheets, wear } from "../core/styles.js";
import { overlay } from "../overlay/overlay.js";
import { toast } from "../overlay/toast.js";
import { addressOf, bring, whyNot } from "./bring.js";
import { Mask } from "./mask.js";
import { act, barOf } from "./mask_bar.js";
import { fileOf, loaded, paintedOf } from "./mask_file.js";
import { OF_BUTTONS, keyOf } from "./mask_keys.js";
import { slider } from "./rows.js";
import { editNow, setEdit } from "./state.js";

const MOST_BLUR = 64;

const FORM = { now: editNow, set: setEdit, only: false };

/** Open the editor on the picture that is drawn over; `back` puts the focus where it came from. `held` has what is painted: the
    form, or whoever else asks for a mask and, with `only`, for nothing beside it. */
export async function openMask(back, held = FORM) {
  await Promise.all([loadSheets(...Mask.sheets), wear(overlay().shadowRoot, "mask")]);
  if (!customElements.get("at-mask")) customElements.define("at-mask", Mask);
  const { init, mask } = held.now();
  try {
    const [picture, painted] = await Promise.all([loaded(addressOf(init)), mask && loaded(addressOf({ id: mask, kind: "upload" })).catch(() => null)]);
    new MaskDialog(picture, painted, back, held).open();
  } catch {
    toast(t("edit.gone.picture"), "bad");
  }
}

class MaskDialog {
  constructor(picture, painted, back, held) {
    Object.assign(this, { picture, painted, back, held, now: { ...held.now() } });
  }

  open() {
    this.editor = document.createElement("at-mask");
    this.problem = h("p", { class: "amiss", role: "alert", hidden: true });
    this.done = button({ kind: "button primary", press: () => this.save() }, icon("check"), h("span", {}, t("mask.save")));
    this.dialog = h("dialog", { class: "masking", "aria-label": t("mask.title"), onkeydown: (event) => this.key(event), onclose: () => { this.dialog.remove(); this.back(); } },
      h("header", {}, h("h2", {}, t("mask.title")), button({ kind: "round", label: t("mask.leave"), press: () => this.dialog.close() }, icon("close"))),
      barOf(this.editor, ...this.acts()), this.editor,
      h("footer", {}, this.held.only ? null : this.settings(), this.problem, h("div", { class: "choices" }, button({ kind: "button quiet", press: () => this.dialog.close() }, t("mask.leave")), this.done)));
    overlay().shadowRoot.append(this.dialog);
    this.dialog.showModal();
    this.editor.load(this.picture, this.painted && paintedOf(this.painted, { width: this.picture.naturalWidth, height: this.picture.naturalHeight }));
    this.soften();
    this.editor.invert = this.now.invert_mask;
    this.editor.stage.focus();
  }

  acts() {
    const all = { fill: "fill", clear: "trash", invert: "invert" };
    return Object.entries(all).map(([kind, picture]) => act(`mask.${kind}`, picture, () => this.editor.all(kind)));
  }

  settings() {
    const { now } = this;
    const blur = slider({ label: t("mask.blur"), min: 0, max: MOST_BLUR, step: 1 }, (pixels) => { now.mask_blur = Math.round(pixels); blur.show(now.mask_blur); this.soften(); });
    blur.show(now.mask_blur);
    const check = (word, on, change) => {
      const box = h("input", { type: "checkbox", onchange: () => change(box.checked) });
      box.checked = on;
      return h("label", { class: "check" }, box, h("span", {}, t(word), h("small", {}, t(`${word}.hint`))));
    };
    return h("div", { class: "how" }, blur.element,
      check("mask.area", now.masked_area === "masked", (on) => { now.masked_area = on ? "masked" : "whole"; }),
      check("mask.other", now.invert_mask, (on) => { now.invert_mask = on; this.editor.invert = on; }));
  }

  /** Show the edge as soft as it will be: the blur is in pixels of what is drawn. */
  soften() {
    this.editor.soft = this.now.mask_blur / (this.now.size?.width ?? this.picture.naturalWidth);
  }

  /** Keys work wherever the focus is; a button keeps those that press it, a field those that are typed. */
  key(event) {
    if (event.defaultPrevented || typing(event) || event.composedPath()[0] === this.editor.stage) return;
    if (OF_BUTTONS.includes(event.key)) return;
    if (keyOf(this.editor, event)) event.preventDefault();
  }

  async save() {
    const { mask_blur, masked_area, invert_mask } = this.now;
    const { share, blob } = await fileOf(this.editor.painting.canvas);
    if (!share) {
      this.held.set({ mask: null, mask_blur, masked_area: "whole", invert_mask: false });
      this.dialog.close();
      return toast(t("mask.nothing"));
    }
    this.busy(true);
    try {
      const { id } = await bring(new File([blob], "mask.png", { type: "image/png" }));
      this.held.set({ mask: id, mask_blur, masked_area, invert_mask });
      this.dialog.close();
    } catch (error) {
      this.problem.replaceChildren(icon("warning"), h("span", {}, whyNot(error)));
      this.problem.hidden = false;
    } finally {
      this.busy(false);
    }
  }

  busy(on) {
    this.done.disabled = on;
    this.done.lastChild.textContent = t(on ? "mask.saving" : "mask.save");
    if (on) this.problem.hidden = true;
  }
}
