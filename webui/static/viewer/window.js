/* The viewer: one image as large as the window allows, and beside it what it is and what one can do with it. */
import { contentOf } from "../core/api.js";
import { button, h, icon, typing } from "../core/dom.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { openKeys } from "../core/keys.js";
import { store } from "../core/store.js";
import { wear } from "../core/styles.js";
import { overlay } from "../overlay/overlay.js";
import { say } from "../overlay/toast.js";
import { addressOf } from "./address.js";
import { markOrCompare } from "./compare.js";
import { Details } from "./details.js";
import { Whole } from "./whole.js";
import { Zoom, zoomKeys } from "./zoom.js";

const INFO = "atelier.viewer.bare";
// So many before the end of what is known, more is asked for.
const AHEAD = 5;

export class ViewerWindow {
  /** `stranger` is shown first where the source does not have the image. */
  constructor(source, imageId, stranger = null) {
    this.source = source;
    this.place = Math.max(0, source.items.findIndex((item) => item.image.id === imageId));
    this.detour = stranger;
  }

  async open() {
    await wear(overlay().shadowRoot, "viewer");
    this.details = new Details(this);
    this.build();
    document.addEventListener("atelier:changed", this.heard);
    store.addEventListener("withdrawn", this.withdrawn);
    this.details.comments.listen();
    overlay().shadowRoot.append(this.dialog);
    this.dialog.showModal();
    this.show();
    return this;
  }

  build() {
    this.picture = h("img", { alt: "", draggable: "false" });
    this.stage = h("div", { class: "stage" }, this.picture);
    this.count = h("span", { class: "count" });
    this.scale = h("output", { class: "scale" });
    this.whole = new Whole(this.picture);
    this.zoom = new Zoom([this.stage], { changed: (scale) => { this.scale.textContent = `${Math.round(scale * 100)} %`; if (scale > 1) this.whole.closer(); }, swiped: (by) => this.step(by) });
    const tool = (picture, word, press) => button({ kind: "round", label: t(word), press }, icon(picture));
    this.infoButton = tool("info", "viewer.info", () => this.toggleInfo());
    this.dialog = h("dialog", { class: "viewer", tabindex: -1, "aria-label": t("viewer.title"), onkeydown: (event) => this.key(event), onclose: () => this.closed() },
      h("div", { class: "scene" }, this.stage, this.whole.element,
        h("div", { class: "tools" }, this.count,
          h("div", { class: "group" }, tool("minus", "viewer.zoom.out", () => this.zoom.by(1 / 1.4)), this.scale, tool("plus", "viewer.zoom.in", () => this.zoom.by(1.4)), tool("zoom", "viewer.zoom.fit", () => this.zoom.fit())),
          tool("compare", "viewer.compare", () => this.compare()), this.infoButton, tool("close", "action.close", () => this.dialog.close())),
        tool("left", "action.previous", () => this.step(-1)), tool("right", "action.next", () => this.step(1))),
      this.details.element);
    [this.back, this.on] = this.dialog.querySelectorAll(".scene > .round");
    this.back.classList.add("previous");
    this.on.classList.add("next");
    this.bare(localStorage.getItem(INFO) === "yes");
  }

  /** Show the image at this place, or one that lies elsewhere. */
  show(detour = this.detour) {
    this.detour = detour;
    this.item = detour ?? this.source.items[this.place];
    const { image, parameters } = this.item;
    this.zoom.fit();
    this.picture.style.setProperty("--ratio", `${image.width} / ${image.height}`);
    this.picture.style.setProperty("--across", image.width / image.height);
    this.whole.show(image);
    this.picture.alt = parameters.prompt;
    this.details.show(this.item);
    history.replaceState(history.state, "", addressOf(image));
    say(parameters.prompt);
    this.tellPlace();
    this.lookAhead();
    this.keepFocus();
  }

  /** Keys are heard inside only: whatever had the focus may just have gone. */
  keepFocus() {
    const focused = this.dialog.getRootNode().activeElement;
    if (this.dialog.open && !this.dialog.contains(focused)) this.dialog.focus();
  }

  tellPlace() {
    const { items, more } = this.source;
    this.count.textContent = this.detour || items.length < 2 ? "" : `${number(this.place + 1)} / ${number(items.length)}${more && !this.source.ended ? "+" : ""}`;
    this.back.hidden = this.on.hidden = items.length < 2 && !more;
    const next = items[this.place + 1]?.image;
    if (next) new Image().src = contentOf(next.id, "preview");
  }

  async lookAhead() {
    if (this.place < this.source.items.length - AHEAD) return;
    await this.source.more?.();
    if (this.dialog.open) this.tellPlace();
  }

  /** Go so many on; at either end of what there is, go on from the other. */
  async step(by) {
    const { items } = this.source;
    if (this.place + by >= items.length) await this.source.more?.();
    if (!items.length) return;
    if (!this.detour || by > 0) this.place = (this.place + by + items.length) % items.length;
    this.show(null);
  }

  to(place) {
    this.place = place;
    this.show(null);
  }

  compare() {
    markOrCompare(this.item);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event)) return;
    const press = this.keys()[event.key] ?? this.keys()[event.key.toLowerCase()] ?? zoomKeys(this.zoom)[event.key.toLowerCase()];
    if (!press || event.target.closest("[role=slider], input, details[open]")) return;
    press();
    event.preventDefault();
    event.stopPropagation();
  }

  keys() {
    return {
      ArrowRight: () => this.step(1), ArrowLeft: () => this.step(-1), Home: () => this.to(0), End: () => this.to(this.source.items.length - 1),
      i: () => this.toggleInfo(), c: () => this.compare(), "?": openKeys, ...this.details.keys(),
      ...(this.zoom.scale > 1 && { 0: () => this.zoom.fit() }),
    };
  }

  toggleInfo() {
    const bare = !this.dialog.classList.contains("bare");
    localStorage.setItem(INFO, bare ? "yes" : "no");
    this.bare(bare);
  }

  bare(on) {
    this.dialog.classList.toggle("bare", on);
    this.infoButton.setAttribute("aria-pressed", String(!on));
  }

  /** An image was changed, here or by what this viewer offers. Whoever owns the source takes it out and puts it back. */
  heard = ({ detail }) => {
    const { ids, trashed } = detail;
    if (trashed && ids.has(this.item.image.id)) this.removed(this.item);
    else if (trashed === false && this.taken && ids.has(this.taken.item.image.id)) this.returned();
    else if (ids.has(this.item.image.id)) this.details.changed(detail);
  };

  /** Images were taken down, by whomever: out of sight at once, also where they stand beside another. */
  withdrawn = ({ detail: { image_ids: ids } }) => {
    for (const id of ids) this.details.element.querySelectorAll(`img[src*="${id}"]`).forEach((one) => (one.closest("button, a, li") ?? one).remove());
    this.heard({ detail: { ids: new Set(ids), trashed: true } });
  };

  removed(item) {
    const { items } = this.source;
    const place = items.indexOf(item);
    this.taken = { item, place: place < 0 ? this.place : place };
    if (place >= 0) items.splice(place, 1);
    this.place = Math.max(0, Math.min(this.place, items.length - 1));
    if (items.length) this.show(null);
    else this.dialog.close();
  }

  returned() {
    const { item, place } = this.taken;
    const { items } = this.source;
    const back = items.findIndex((one) => one.image.id === item.image.id);
    if (back < 0) items.splice(place, 0, item);
    this.taken = null;
    this.to(back < 0 ? place : back);
  }

  closed() {
    document.removeEventListener("atelier:changed", this.heard);
    store.removeEventListener("withdrawn", this.withdrawn);
    this.details.comments.deafen();
    history.replaceState(history.state, "", addressOf(null));
    this.dialog.remove();
    this.source.left?.(this.item.image.id);
  }
}
