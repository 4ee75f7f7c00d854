/* One image's place in a card: a shimmer, then previews that sharpen, then the picture, or why there is none. */
import { contentOf } from "../core/api.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";

const SOFTEST_PX = 14;

export class Tile {
  /** `open` and `edit` are given the image, when it is pressed and at the key E. */
  constructor(parameters, open, edit) {
    Object.assign(this, { open, edit });
    this.prompt = parameters.prompt;
    this.element = h("div", { class: "tile waiting", style: { "--ratio": `${parameters.width} / ${parameters.height}` } });
  }

  /** Lay a preview over the last one; `done` is the fraction of steps behind it, 0 to 1. */
  preview(message, done) {
    this.element.classList.remove("waiting");
    const image = h("img", { class: "layer soft", alt: "", src: `data:image/webp;base64,${message.webp_base64}` });
    image.style.setProperty("--soft", `${(SOFTEST_PX * (1 - done) ** 1.5).toFixed(1)}px`);
    this.lay(image);
  }

  /** Show how an image ended: its picture, or a tile that says why it is not shown. */
  image(image) {
    const state = `${image.id} ${image.moderation}`;
    if (this.state === state) return;
    this.state = state;
    this.element.classList.remove("waiting");
    this.element.dataset.moderation = image.moderation;
    if (image.moderation === "released") this.picture(image);
    else this.withheld(image);
  }

  picture(image) {
    this.element.querySelectorAll(".withheld, .open").forEach((old) => old.remove());
    const { prompt } = image.words ?? this;
    const picture = h("img", { class: "layer", alt: prompt, width: image.width, height: image.height, decoding: "async" });
    picture.addEventListener("error", () => this.unseen("viewer.broken"), { once: true });
    picture.src = contentOf(image.id, "preview");
    this.lay(picture);
    this.element.append(button({ kind: "open", label: t("action.open", { prompt: prompt.slice(0, 80) }), press: () => this.open(image), onkeydown: ({ key, ctrlKey, metaKey, altKey }) => { if (key === "e" && !(ctrlKey || metaKey || altKey)) this.edit(image); } }));
    this.released = image;
  }

  /** Lay the menu of its image over it, once there is one. */
  offer(menuOf) {
    const menu = this.released && !this.element.querySelector(".has-menu") && menuOf(this.released);
    if (menu) this.element.append(menu);
  }

  withheld(image) {
    const key = { held: "held", rejected: "rejected" }[image.moderation] ?? "pending";
    this.element.replaceChildren(h("div", { class: "withheld" }, icon(key === "pending" ? "shield" : "lock"), h("b", {}, t(`state.${key}`))));
    if (key !== "pending") import("../withheld/tile.js").then(({ explain }) => explain(this, image)).catch(() => null);
  }

  unseen(key) {
    this.element.replaceChildren(h("div", { class: "withheld" }, icon("unseen"), h("p", {}, t(key))));
  }

  /** Nothing more will come. */
  stop() {
    this.element.classList.remove("waiting");
    this.element.classList.add("stopped");
  }

  lay(image) {
    const shown = () => {
      image.classList.add("in");
      // What lies beneath goes once the new layer covers it.
      setTimeout(() => { while (image.previousElementSibling?.matches("img")) image.previousElementSibling.remove(); }, 450);
    };
    if (image.complete && image.naturalWidth) requestAnimationFrame(shown);
    else image.addEventListener("load", () => requestAnimationFrame(shown), { once: true });
    const last = [...this.element.querySelectorAll("img")].at(-1);
    if (last) last.after(image);
    else this.element.prepend(image);
  }
}
