/* The mask editor: which part of a picture is drawn anew is painted on it, at the picture's own size, by mouse, pen, finger or
   keys. Owns the painting; the bar of tools and the dialog around it are elsewhere. */
import { AtElement } from "../core/element.js";
import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { Hand } from "./mask_hand.js";
import { TOOLS, keyOf } from "./mask_keys.js";
import { View } from "./mask_view.js";
import { Painting, segment, twice } from "./strokes.js";
import { show } from "./stripes.js";

const ROUND = ["brush", "eraser"];
const USUAL = 12; // the brush is a twelfth of the picture

export class Mask extends AtElement {
  static sheets = ["mask"];
  static words = "mask";

  show = () => show(this);
  keys = () => ({ i: () => this.all("invert") });
  tools = TOOLS;
  tool = "brush";
  inverted = false;
  cursor = { x: 0, y: 0 };

  render() {
    this.shown = h("canvas", { class: "shown" });
    this.picture = h("img", { alt: "", draggable: "false" });
    this.ring = h("i", { class: "ring", hidden: true });
    this.sheet = h("div", { class: "sheet" }, this.picture, this.shown, this.ring);
    this.live = h("p", { class: "hidden-text", "aria-live": "polite" });
    this.stage = h("div", { class: "stage", tabindex: 0, role: "application", "aria-label": t(`${this.constructor.words}.canvas`), "aria-describedby": "how", onkeydown: (event) => this.key(event), onkeyup: (event) => this.keyUp(event), onblur: () => this.blurred(), onfocus: () => this.hover(this.hand.keyboard ? this.cursor : null) }, this.sheet);
    this.shadowRoot.append(this.stage, h("p", { id: "how", class: "hidden-text" }, t(`${this.constructor.words}.how`)), this.live);
    this.view = new View(this.stage, this.sheet, () => this.repaint());
    this.hand = new Hand(this.stage, this);
  }

  connected() {
    this.resized = new ResizeObserver(() => this.view.lay());
    this.resized.observe(this.stage);
  }

  disconnected() {
    this.resized.disconnect();
  }

  /** Show a picture to paint on, and what is painted on it already. */
  load(picture, painted = null) {
    const { naturalWidth: width, naturalHeight: height } = picture;
    this.painting = new Painting(width, height);
    if (painted) this.painting.begin(painted);
    this.picture.src = picture.src;
    this.size = Math.max(2, Math.round(Math.max(width, height) / USUAL));
    this.cursor = { x: width / 2, y: height / 2 };
    this.view.load({ width, height });
    this.told();
  }

  /** How far the edge is softened, in shares of the width. */
  set soft(share) {
    this.softened = share;
    this.repaint();
  }

  set invert(on) {
    this.inverted = on;
    this.repaint();
  }

  choose(tool) {
    this.tool = tool;
    this.told();
  }

  resize(size) {
    this.size = Math.min(Math.round(Math.max(this.view.width, this.view.height) / 2), Math.max(1, Math.round(size)));
    this.told();
    this.hover(this.at ?? this.cursor);
  }

  /** Do something to all of it: `fill`, `clear`, `invert`. */
  all(kind) {
    this.painting.add({ kind: kind === "clear" ? "fill" : kind, taking: kind === "clear" });
    this.painted(t(`mask.done.${kind}`));
  }

  undo() {
    this.painting.undo();
    this.painted(t("mask.done.undo"));
  }

  redo() {
    this.painting.redo();
    this.painted(t("mask.done.redo"));
  }

  begin(point, taking) {
    const kind = { rect: "rect", lasso: "lasso" }[this.tool] ?? "stroke";
    const first = this.of(point);
    this.line = { kind, taking: taking || this.tool === "eraser", points: [first], from: first, to: first };
    if (kind === "stroke") this.lay(first, first);
    this.hover(point);
  }

  move(point) {
    const next = this.of(point);
    const { line } = this;
    if (line.kind === "stroke") this.lay(line.to, next);
    line.points.push(next);
    line.to = next;
    this.hover(point);
  }

  end() {
    const { kind, taking, points, from, to } = this.line;
    this.line = null;
    this.painting.add({ kind, taking, points, from, to, mirrored: this.mirrored }, kind === "stroke");
    this.painted(t(taking ? "mask.done.erase" : `${this.constructor.words}.done.paint`));
  }

  /** What was begun meant nothing. */
  drop() {
    this.line = null;
    this.painting.revert();
    this.repaint();
  }

  of({ x, y, force = 1 }) {
    return { x, y, width: Math.max(1, this.size * force) };
  }

  /** Draw a part of a stroke at once. */
  lay(from, to) {
    const { ctx } = this.painting;
    ctx.globalCompositeOperation = this.line.taking ? "destination-out" : "source-over";
    twice(ctx, this.mirrored && this.painting.canvas.width, () => segment(ctx, from, to));
    ctx.globalCompositeOperation = "source-over";
    this.repaint();
  }

  hover(point) {
    this.at = point;
    this.ring.hidden = !point;
    if (point) this.ringAt(point);
    if (this.line) this.repaint();
  }

  key(event) {
    if (!keyOf(this, event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  keyUp(event) {
    if (event.key !== " ") return;
    this.hand.space = false;
    this.stage.classList.remove("grip");
    if (this.line && this.hand.keyboard && !this.held) this.end();
  }

  blurred() {
    this.hand.space = false;
    if (this.line && !this.hand.down) this.end();
    this.held = false;
    this.hover(null);
  }

  /** Say where the keys have brought the brush, in shares of the picture. */
  place() {
    const { cursor: { x, y }, view } = this;
    this.live.textContent = t("mask.at", { x: Math.round((100 * x) / view.width), y: Math.round((100 * y) / view.height) });
  }

  painted(said) {
    this.live.textContent = said;
    this.repaint();
    this.told();
  }

  told() {
    this.dispatchEvent(new Event("told"));
  }

  /** Show what is painted, once a frame. */
  repaint() {
    if (!this.painting) return;
    this.asked ??= requestAnimationFrame(() => {
      this.asked = null;
      this.show();
      if (this.at) this.ringAt(this.at);
    });
  }

  ringAt({ x, y }) {
    const { scale } = this.view;
    const across = ROUND.includes(this.tool) ? this.size * scale : 1;
    this.ring.classList.toggle("cross", !ROUND.includes(this.tool));
    Object.assign(this.ring.style, { left: `${x * scale}px`, top: `${y * scale}px`, width: `${across}px`, height: `${across}px` });
  }
}
