/* Comparing two to four images: a line to draw across them, side by side, one over the other; and what differs in their settings. */
import { contentOf } from "../core/api.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { openKeys } from "../core/keys.js";
import { store } from "../core/store.js";
import { wear } from "../core/styles.js";
import { overlay } from "../overlay/overlay.js";
import { say, toast } from "../overlay/toast.js";
import { diffTable } from "./diff.js";
import { LAYOUTS } from "./layouts.js";
import { Zoom, zoomKeys } from "./zoom.js";

const LETTERS = ["A", "B", "C", "D"];
export const MOST_COMPARED = LETTERS.length;
let marked = null;

/** Keep an image in mind for a comparison, or compare it with the one that is. */
export function markOrCompare(item) {
  if (marked && marked.image.id !== item.image.id) {
    openCompare([marked, item]);
    marked = null;
  } else {
    marked = marked ? null : item;
    toast(t(marked ? "compare.marked" : "compare.unmarked"));
  }
}

/** Compare these items. */
export async function openCompare(items) {
  await wear(overlay().shadowRoot, "viewer");
  new Compare(items.slice(0, MOST_COMPARED)).open();
}

// One that is kept in mind is not compared once it was taken down.
store.addEventListener("withdrawn", ({ detail }) => { if (detail.image_ids.includes(marked?.image.id)) marked = null; });

class Compare {
  constructor(items) {
    this.items = items;
    this.gone = new Set();
    this.modes = items.length === 2 ? Object.keys(LAYOUTS) : ["side"];
  }

  open() {
    this.scene = h("div", { class: "panes" });
    this.control = h("div", { class: "control" });
    this.tabs = h("div", { class: "modes", role: "group", "aria-label": t("compare.modes") }, this.modes.map((mode) => this.choice(mode)));
    this.dialog = h("dialog", { class: "viewer compare", tabindex: -1, "aria-label": t("compare.title"), onkeydown: (event) => this.key(event), onclose: () => this.closed() },
      h("div", { class: "scene" }, this.scene, this.control,
        h("div", { class: "tools" }, this.tabs, button({ kind: "round", label: t("action.close"), press: () => this.dialog.close() }, icon("close")))),
      h("aside", { "aria-label": t("compare.diff") }, h("h2", {}, t("compare.diff")), diffTable(this.items, LETTERS.slice(0, this.items.length))));
    overlay().shadowRoot.append(this.dialog);
    store.addEventListener("withdrawn", this.withdrawn);
    this.dialog.showModal();
    this.choose(this.modes[0]);
  }

  closed() {
    store.removeEventListener("withdrawn", this.withdrawn);
    this.dialog.remove();
  }

  /** Images were taken down, by whomever: out of sight at once; what is compared with them stays. */
  withdrawn = ({ detail: { image_ids: ids } }) => {
    this.items.forEach(({ image }, place) => {
      if (!ids.includes(image.id) || this.gone.has(image.id)) return;
      this.gone.add(image.id);
      this.scene.querySelectorAll(`[data-letter="${LETTERS[place]}"]`).forEach((layer) => layer.replaceWith(this.layerOf(place)));
      say(t("viewer.broken"));
    });
  };

  layerOf(place) {
    return this.gone.has(this.items[place].image.id) ? goneLayer(LETTERS[place]) : layerOf(this.items[place], LETTERS[place]);
  }

  choice(mode) {
    return button({ kind: "mode", "data-mode": mode, press: () => this.choose(mode) }, t(`compare.mode.${mode}`));
  }

  choose(mode) {
    this.mode = mode;
    for (const one of this.tabs.children) one.setAttribute("aria-pressed", String(one.dataset.mode === mode));
    const layers = this.items.map((_, place) => this.layerOf(place));
    const { frames, control } = LAYOUTS[mode](this.scene, layers);
    this.control.replaceChildren(...[control].filter(Boolean));
    this.scene.dataset.mode = mode;
    this.zoom = new Zoom(frames);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const keys = { m: () => this.turn(), c: () => this.dialog.close(), "?": openKeys, ...zoomKeys(this.zoom) };
    const press = keys[event.key.toLowerCase()];
    if (!press) return;
    press();
    event.preventDefault();
    event.stopPropagation();
  }

  turn() {
    this.choose(this.modes[(this.modes.indexOf(this.mode) + 1) % this.modes.length]);
  }
}

function layerOf({ image, parameters }, letter) {
  const picture = h("img", { src: contentOf(image.id, "full"), alt: `${letter}: ${parameters.prompt}`, draggable: "false", style: { "--ratio": `${image.width} / ${image.height}`, "--across": image.width / image.height } });
  return layer(letter, picture);
}

const goneLayer = (letter) => layer(letter, h("div", { class: "withheld" }, icon("unseen"), h("p", {}, t("viewer.broken"))));

const layer = (letter, shown) => h("div", { class: "layer", "data-letter": letter }, shown, h("b", { class: "letter", "aria-hidden": "true" }, letter));
