/* The panel about the shape to draw by: how it comes to be, which ControlNet sees it, how much it says and for how long. */
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { wear } from "../core/styles.js";
import { say } from "../overlay/toast.js";
import { KINDS, addressOf, bring, whyNot } from "./bring.js";
import { segments, slider } from "./rows.js";
import { edit, editNow, setEdit } from "./state.js";

const DRAWABLE = ["scribble", "other"];
const PREPARED = { scribble: "edges", edges: "edges" };
const PREPARATIONS = ["edges", "invert", "none"];

/** Return the panel, in its place. */
export async function makeShapePanel(host, place) {
  await wear(host.shadowRoot, "edit");
  const panel = new ShapePanel(host.model);
  place.replaceChildren(panel.element);
  host.listen(edit, "changed", () => panel.show());
  panel.show();
  return panel;
}

class ShapePanel {
  constructor(model) {
    this.model = model;
    this.usable = model.controls.filter(({ trouble }) => !trouble);
    this.name = editNow().shape?.name ?? this.usable[0]?.name;
    this.draw = button({ kind: "button", press: () => this.paint() }, icon("brush"), h("span", {}));
    this.input = h("input", { type: "file", accept: KINDS.join(","), hidden: true, onchange: () => { const [file] = this.input.files; this.input.value = ""; if (file) this.take(file); } });
    this.chooser = button({ kind: "button", press: () => this.input.click() }, icon("picture"), h("span", {}));
    this.which = segments("shape.which", this.usable.map(({ name, title }) => [name, title]), (name) => this.use(name));
    this.about = h("p", { class: "limit" });
    this.thumb = h("img", { class: "shape", alt: t("shape.alt"), onerror: () => this.gone(true), onload: () => this.gone(false) });
    this.off = button({ kind: "round tiny close", label: t("shape.remove"), press: () => { setEdit({ shape: null }); this.focus(); } }, icon("close"));
    this.seen = h("div", { class: "seen" }, this.thumb, this.off);
    this.problem = h("p", { class: "amiss", role: "alert", hidden: true });
    this.prepare = segments("shape.prepare", PREPARATIONS.map((one) => [one, t(`shape.prepare.${one}`)]), (prepare) => this.change({ prepare }));
    this.scale = slider({ label: t("shape.scale"), low: t("shape.scale.low"), high: t("shape.scale.high"), min: 0, max: 2, step: 0.05 }, (scale) => this.change({ scale }));
    this.end = slider({ label: t("shape.end"), low: t("shape.end.low"), high: t("shape.end.high"), min: 0.05, max: 1, step: 0.05, least: 0.01 }, (end) => this.change({ end }));
    this.settings = h("div", { class: "about" }, this.prepare.element, this.scale.element, this.end.element);
    this.broken = model.controls.filter(({ trouble }) => trouble).map(({ title, trouble }) => h("p", { class: "limit" }, t("shape.trouble", { title, trouble })));
    this.element = h("section", { class: "panel about", "aria-label": t("shape.panel") },
      this.which.element, this.about, this.seen, this.input, h("div", { class: "row" }, this.draw, this.chooser), this.problem, this.settings, this.broken);
  }

  focus() {
    [this.draw, this.chooser, this.off].find((one) => one.offsetParent)?.focus();
  }

  change(changes) {
    setEdit({ shape: { ...editNow().shape, ...changes } });
  }

  /** Let another ControlNet see it. */
  use(name) {
    this.name = name;
    const { shape } = editNow();
    if (shape) this.change({ name, scale: this.card.scale, prepare: shape.drawn ? "none" : this.prepared });
    else this.show();
  }

  get card() {
    return this.usable.find(({ name }) => name === this.name) ?? null;
  }

  get prepared() {
    return PREPARED[this.card.kind] ?? "none";
  }

  show() {
    const { shape, upscale, init } = editNow();
    if (shape) this.name = shape.name;
    const { card } = this;
    this.which.element.hidden = this.usable.length < 2;
    this.which.show(this.name);
    this.about.textContent = this.why(shape, card, init && upscale);
    this.about.hidden = !this.about.textContent;
    this.draw.hidden = !card || !DRAWABLE.includes(card.kind) || (shape && !shape.drawn);
    this.chooser.hidden = !card || Boolean(shape?.drawn);
    this.draw.lastChild.textContent = t(shape ? "shape.change" : "shape.draw");
    this.chooser.lastChild.textContent = t(shape ? "shape.other" : "shape.picture");
    this.seen.hidden = !shape;
    this.settings.hidden = !shape || !card;
    if (!shape) return void (this.problem.hidden = true);
    if (this.thumb.dataset.id !== shape.image) Object.assign(this.thumb, { src: addressOf({ id: shape.image, kind: shape.kind }) }).dataset.id = shape.image;
    this.prepare.element.hidden = Boolean(shape.drawn);
    this.prepare.show(shape.prepare);
    this.scale.show(shape.scale);
    this.end.show(shape.end);
  }

  /** Return what is to be known before it is used, or why it is not. */
  why(shape, card, larger) {
    if (!card) return t("shape.none", { model: this.model.title });
    if (shape && larger) return t("shape.not_larger");
    return shape ? "" : t(DRAWABLE.includes(card.kind) ? "shape.hint" : "shape.hint.picture");
  }

  gone(is) {
    this.thumb.hidden = is;
    if (is) this.wrong(t("shape.gone"));
    else this.problem.hidden = true;
  }

  wrong(text) {
    this.problem.replaceChildren(icon("warning"), h("span", {}, text));
    this.problem.hidden = false;
  }

  /** Send a picture to draw by; its lines are found by the model. */
  async take(file) {
    if (!this.card) return;
    this.busy(true);
    try {
      const found = await bring(file);
      setEdit({ shape: { ...found, image: found.id, name: this.name, prepare: this.prepared, scale: this.card.scale, end: 1, drawn: false } });
      say(t("shape.ready"));
    } catch (error) {
      this.wrong(whyNot(error));
    } finally {
      this.busy(false);
    }
  }

  busy(on) {
    this.chooser.disabled = on;
    if (on) this.problem.hidden = true;
    if (on) this.chooser.lastChild.textContent = t("edit.bringing");
    else this.show();
  }

  /** Open the pad. */
  async paint() {
    const { openPad } = await import("./pad_dialog.js");
    await openPad({ card: this.card, model: this.model, back: () => this.focus(), take: (file) => this.take(file) });
  }
}
