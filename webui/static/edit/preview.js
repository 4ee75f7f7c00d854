/* The picture in the panel: how it lies in what is drawn, what of it is cut off, which part is drawn anew. */
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { RATIOS } from "../composer/fields.js";
import { values } from "../composer/form.js";
import { addressOf } from "./bring.js";
import { cutOff, NO_MARGINS, placed } from "./geometry.js";

const ANY = 1000;
const NOTICED = 0.004;

export class Preview {
  constructor(remove) {
    this.picture = h("img", { alt: t("edit.picture"), onerror: () => this.gone(true), onload: () => this.gone(false) });
    this.painted = h("i", { class: "mask" });
    this.window = h("i", { class: "window" });
    this.new_ = h("i", { class: "new" });
    this.scene = h("div", { class: "lies" }, this.new_, this.picture, this.painted, this.window);
    this.facts = h("p", { class: "facts" });
    this.missing = h("p", { class: "amiss", role: "alert", hidden: true }, icon("unseen"), h("span", {}, t("edit.gone.picture")));
    this.element = h("div", { class: "preview" }, this.scene, this.missing, this.facts, button({ kind: "round tiny close", label: t("edit.remove"), press: remove }, icon("close")));
  }

  gone(is) {
    this.missing.hidden = !is;
    this.scene.hidden = is;
  }

  /** Show it; returns whether the picture has another shape than what it is fitted into. */
  show({ init, mask, invert_mask: invert, fit, sized, outpaint, size }, canvas) {
    const drawn = sized === "picture" ? size ?? canvas ?? init : shapeOf(values().ratio);
    const margins = (sized === "picture" && outpaint) || NO_MARGINS;
    const parts = placed(init, fit, drawn, margins);
    const widened = sized === "picture" && Boolean(outpaint);
    const box = widened ? parts.frame : union(parts.frame, parts.picture);
    this.scene.style.aspectRatio = `${box.width} / ${box.height}`;
    this.scene.style.setProperty("--across", box.width / box.height);
    lay(this.new_, parts.frame, box);
    lay(this.picture, parts.picture, box);
    lay(this.painted, parts.picture, box);
    for (const part of [this.picture, this.painted]) part.style.clipPath = widened ? insetOf(parts) : "";
    lay(this.window, widened ? parts.inner : parts.frame, box);
    this.scene.classList.toggle("widened", widened);
    if (this.picture.dataset.id !== init.id) Object.assign(this.picture, { src: addressOf(init) }).dataset.id = init.id;
    this.painted.hidden = !mask;
    this.painted.classList.toggle("inverted", invert);
    if (mask) this.painted.style.setProperty("--mask", `url("${addressOf({ id: mask, kind: "upload" })}")`);
    const cut = cutOff(parts);
    this.facts.textContent = factsOf(init, sized === "picture" ? drawn : null, fit === "crop" ? cut : null);
    const shapes = Math.abs(Math.log((parts.inner.width * init.height) / (parts.inner.height * init.width)));
    return shapes > NOTICED;
  }
}

const shapeOf = (ratio) => ({ width: ANY * Math.sqrt(RATIOS[ratio] ?? 1), height: ANY / Math.sqrt(RATIOS[ratio] ?? 1) });

function factsOf(init, drawn, cut) {
  const sizes = drawn ? t("edit.facts", { width: init.width, height: init.height, across: drawn.width, down: drawn.height }) : t("edit.facts.own", { width: init.width, height: init.height });
  const share = cut && Math.max(cut.across, cut.down);
  return share > 0.01 ? `${sizes} · ${t("edit.facts.cut", { share: Math.round(share * 100) })}` : sizes;
}

/** Return what hides the part of the picture that lies on the margins: it is drawn anew there. */
function insetOf({ inner, picture }) {
  const share = (value, of) => `${Math.max(0, (100 * value) / of)}%`;
  const right = picture.x + picture.width - inner.x - inner.width;
  const bottom = picture.y + picture.height - inner.y - inner.height;
  return `inset(${share(inner.y - picture.y, picture.height)} ${share(right, picture.width)} ${share(bottom, picture.height)} ${share(inner.x - picture.x, picture.width)})`;
}

function union(one, other) {
  const [x, y] = [Math.min(one.x, other.x), Math.min(one.y, other.y)];
  return { x, y, width: Math.max(one.x + one.width, other.x + other.width) - x, height: Math.max(one.y + one.height, other.y + other.height) - y };
}

/** Put a part where it lies in the box, in shares of it. */
function lay(part, { x, y, width, height }, box) {
  const share = (value, of) => `${(100 * value) / of}%`;
  Object.assign(part.style, { left: share(x - box.x, box.width), top: share(y - box.y, box.height), width: share(width, box.width), height: share(height, box.height) });
}
