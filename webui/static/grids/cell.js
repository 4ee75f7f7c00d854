/* One cell of a grid: previews that sharpen, then the picture, or why there is none. */
import { Tile } from "../card/tile.js";
import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { ended, find, progressOf } from "../core/store.js";

export class Cell {
  /** `cell` as the API tells it; `open` is called with the image that is to be looked at. */
  constructor(grid, cell, open) {
    this.id = cell.generation?.id ?? null;
    this.tile = new Tile(cell.generation?.parameters ?? grid.parameters, open);
    this.word = h("small", { class: "word" });
    this.element = h("td", {}, this.tile.element, this.word);
    if (cell.state === "deleted") this.gone();
  }

  get alive() {
    const generation = this.id && find(this.id);
    return Boolean(generation) && !ended(generation);
  }

  /** Show how its generation stands now. */
  update() {
    const generation = find(this.id);
    const { state, images: [image], error } = generation;
    this.element.dataset.state = state;
    if (image) this.tile.image(image);
    else if (state === "succeeded") return this.gone();
    else if (ended(generation)) this.tile.stop();
    this.word.textContent = image ? "" : error?.message ?? t(`grids.cell.${state}`);
    if (!ended(generation)) this.progress();
  }

  progress() {
    const far = progressOf(this.id);
    if (far) this.word.textContent = t("state.step", { step: far.step, total: far.total });
  }

  preview(message) {
    const generation = find(this.id);
    if (!generation || ended(generation)) return;
    const total = progressOf(this.id)?.total ?? generation.parameters.num_inference_steps;
    this.tile.preview(message, Math.min(1, message.step / total));
  }

  /** It was drawn, and is there no more. */
  gone() {
    this.element.dataset.state = "deleted";
    this.tile.stop();
    this.tile.unseen("grids.cell.deleted");
    this.word.textContent = "";
  }
}
