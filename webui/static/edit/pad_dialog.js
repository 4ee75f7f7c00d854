/* The pad as a window over the page: its tools, a picture to trace, and what Done does with what was drawn. */
import { button, h, icon, typing } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { loadSheets, wear } from "../core/styles.js";
import { values } from "../composer/form.js";
import { sizeFor } from "../grids/base.js";
import { overlay } from "../overlay/overlay.js";
import { sure } from "../overlay/sure.js";
import { toast } from "../overlay/toast.js";
import { KINDS, addressOf, bring, whyNot } from "./bring.js";
import { act, barOf } from "./mask_bar.js";
import { OF_BUTTONS, keyOf } from "./mask_keys.js";
import { fileOf, loaded, paintedOf } from "./mask_file.js";
import { Pad } from "./pad.js";
import { editNow, setEdit } from "./state.js";

const LONGEST = 768;

let opened = null;

/** Have a picture that was laid on the pad be the shape. */
export const dropped = (file) => opened?.dropped(file);

/** Open the pad for a ControlNet, with what is drawn already; `back` puts the focus where it came from, `take` makes a picture the shape. */
export async function openPad({ card, model, back, take }) {
  await Promise.all([loadSheets(...Pad.sheets), wear(overlay().shadowRoot, "mask")]);
  if (!customElements.get("at-pad")) customElements.define("at-pad", Pad);
  const { shape } = editNow();
  const drawn = shape && await loaded(addressOf({ id: shape.image, kind: shape.kind })).catch(() => null);
  opened = new PadDialog({ card, size: padFor(model), drawn, back, take });
  opened.open();
}

/** Return the pad's own size: in the proportions of what is drawn, fine enough for thin lines. */
function padFor(model) {
  const { init, size, sized } = editNow();
  const [width, height] = init && size && sized === "picture" ? [size.width, size.height] : sizeFor(values().ratio, model);
  const scale = LONGEST / Math.max(width, height);
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}

class PadDialog {
  constructor(given) {
    Object.assign(this, given);
  }

  open() {
    this.editor = document.createElement("at-pad");
    this.problem = h("p", { class: "amiss", role: "alert", hidden: true });
    this.said = h("p", { class: "said" }, t("pad.hint"));
    this.done = button({ kind: "button primary", press: () => this.save() }, icon("check"), h("span", {}, t("mask.save")));
    this.input = h("input", { type: "file", accept: KINDS.join(","), hidden: true, onchange: () => { const [file] = this.input.files; this.input.value = ""; if (file) this.trace(file); } });
    this.mirror = act("pad.mirror", "mirror", () => this.editor.mirror());
    this.tracing = act("pad.trace", "picture", () => (this.editor.traces ? this.trace(null) : this.input.click()));
    this.dialog = h("dialog", { class: "masking", "aria-label": t("pad.title"), onkeydown: (event) => this.key(event), onclose: () => this.closed() },
      h("header", {}, h("h2", {}, t("pad.title")), button({ kind: "round", label: t("mask.leave"), press: () => this.dialog.close() }, icon("close"))),
      barOf(this.editor, this.mirror, this.tracing, act("pad.clear", "trash", () => this.editor.all("clear"))), this.input, this.editor,
      h("footer", {}, this.said, this.problem, h("div", { class: "choices" }, button({ kind: "button quiet", press: () => this.dialog.close() }, t("mask.leave")), this.done)));
    overlay().shadowRoot.append(this.dialog);
    this.editor.addEventListener("told", () => this.told());
    this.editor.addEventListener("said", ({ detail }) => { this.said.textContent = detail; });
    this.dialog.showModal();
    this.editor.load(this.size, this.drawn && paintedOf(this.drawn, this.size));
    this.editor.stage.focus();
  }

  told() {
    this.mirror.setAttribute("aria-pressed", String(this.editor.mirrored));
    this.tracing.setAttribute("aria-pressed", String(this.editor.traces));
  }

  /** Lay a picture under the lines, or take it away; it stays on this device. */
  trace(file) {
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = file && URL.createObjectURL(file);
    this.editor.trace(this.address);
    this.said.textContent = t(file ? "pad.traced" : "pad.hint");
    this.editor.stage.focus();
  }

  /** A picture was laid here: it is the shape, in the place of what was drawn. */
  async dropped(file) {
    if (this.editor.painting.canUndo && !(await sure("pad.replace", {}, "primary"))) return this.editor.stage.focus();
    this.dialog.close();
    return this.take(file);
  }

  /** Keys work wherever the focus is; a button keeps those that press it, a field those that are typed. */
  key(event) {
    if (event.defaultPrevented || typing(event) || event.composedPath()[0] === this.editor.stage || OF_BUTTONS.includes(event.key)) return;
    if (keyOf(this.editor, event)) event.preventDefault();
  }

  closed() {
    if (this.address) URL.revokeObjectURL(this.address);
    this.dialog.remove();
    opened = null;
    this.back();
  }

  async save() {
    const { share, blob } = await fileOf(this.editor.painting.canvas);
    if (!share) {
      setEdit({ shape: null });
      this.dialog.close();
      return toast(t("pad.nothing"));
    }
    this.busy(true);
    try {
      const found = await bring(new File([blob], "shape.png", { type: "image/png" }));
      const { name, scale } = this.card;
      setEdit({ shape: { end: 1, scale, ...editNow().shape, ...found, image: found.id, name, prepare: "none", drawn: true } });
      this.dialog.close();
    } catch (error) {
      this.problem.replaceChildren(icon("warning"), h("span", {}, whyNot(error)));
      this.problem.hidden = false;
    } finally {
      this.busy(false);
    }
    return null;
  }

  busy(on) {
    this.done.disabled = on;
    this.done.lastChild.textContent = t(on ? "mask.saving" : "mask.save");
    if (on) this.problem.hidden = true;
  }
}
