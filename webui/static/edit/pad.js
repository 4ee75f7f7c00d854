/* The pad that a shape is drawn on, white on black: lines, filled shapes, both sides at once, over a picture that is only traced.
   What a line is and how hands and keys draw it is the mask editor's. */
import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { flooded } from "./flood.js";
import { Mask } from "./mask.js";
import { Painting, draw } from "./strokes.js";

const USUAL = 76; // a line is so thin a part of the longer side, as those are that scribble ControlNets learn from

export class Pad extends Mask {
  static sheets = ["mask", "pad"];
  static words = "pad";

  tools = { brush: "b", eraser: "e", lasso: "l", fill: "f" };
  mirrored = false;

  render() {
    super.render();
    this.sheet.append(this.axis = h("i", { class: "axis", hidden: true }));
    this.picture.hidden = true;
  }

  /** Begin an empty pad of this size, or with what is drawn already. */
  load({ width, height }, painted = null) {
    this.painting = new Painting(width, height, "#fff");
    if (painted) this.painting.begin(painted);
    this.size = Math.max(2, Math.round(Math.max(width, height) / USUAL));
    this.cursor = { x: width / 2, y: height / 2 };
    this.view.load({ width, height });
    this.told();
  }

  /** Draw both sides at once, or one. */
  mirror(on = !this.mirrored) {
    this.mirrored = on;
    this.axis.hidden = !on;
    this.live.textContent = t(on ? "pad.mirror.on" : "pad.mirror.off");
    this.told();
  }

  /** Show a picture faintly under the lines, or none. It is not part of the drawing. */
  trace(address) {
    this.picture.hidden = !address;
    if (address) this.picture.src = address;
    this.told();
  }

  get traces() {
    return !this.picture.hidden;
  }

  keys = () => ({ m: () => this.mirror() });

  begin(point, taking) {
    if (this.tool === "fill" && !taking) this.flood(point);
    else super.begin(point, taking);
  }

  move(point) {
    if (this.line) super.move(point);
    else this.hover(point);
  }

  end() {
    if (this.line) super.end();
  }

  /** Fill what is closed around a point; what is open would run out, and is left as it is. */
  flood(point) {
    const picture = flooded(this.painting.canvas, point);
    if (!picture) return this.painted(t("pad.open"));
    this.painting.add({ kind: "picture", picture, mirrored: this.mirrored });
    return this.painted(t("pad.filled"));
  }

  painted(said) {
    super.painted(said);
    this.dispatchEvent(new CustomEvent("said", { detail: said }));
  }

  show = () => {
    const { shown, painting: { canvas }, line, view } = this;
    const fine = Math.min(1, view.scale * devicePixelRatio);
    const [width, height] = [canvas.width, canvas.height].map((side) => Math.max(1, Math.round(side * fine)));
    if (shown.width !== width || shown.height !== height) Object.assign(shown, { width, height });
    const ctx = shown.getContext("2d");
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, width, height);
    ctx.drawImage(canvas, 0, 0, width, height);
    if (!line || line.kind === "stroke") return;
    ctx.setTransform(width / canvas.width, 0, 0, height / canvas.height, 0, 0);
    ctx.fillStyle = "#fff";
    draw(ctx, { ...line, mirrored: this.mirrored, across: canvas.width });
  };
}
