/* A grid while it is drawn and after: a table of tiles with the values along its edges, which stay in sight; with a third axis, one
   table at a time, chosen by its value. */
import { ApiError, api } from "../core/api.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { wear } from "../core/styles.js";
import { find, learn, previewsOf, store } from "../core/store.js";
import { openDialog } from "../overlay/dialog.js";
import { overlay } from "../overlay/overlay.js";
import { say, toast } from "../overlay/toast.js";
import { itemOf, openOver } from "../viewer/viewer.js";
import { Cell } from "./cell.js";
import { settingName, valueName } from "./labels.js";

/** Open the grid of that id, as an address asks. */
export async function openGrid(id) {
  try {
    const [grid] = await Promise.all([api(`/grids/${encodeURIComponent(id)}`), wear(overlay().shadowRoot, "grids")]);
    showGrid(grid);
  } catch (error) {
    address(null);
    toast(error instanceof ApiError ? t("grids.missing") : t("trouble.offline"), "bad");
  }
}

/** Show a grid as the API tells it. */
export const showGrid = (grid) => new GridView(grid).open();

class GridView {
  constructor(grid) {
    this.grid = grid;
    grid.cells.forEach(({ generation }) => generation && learn(generation));
    this.cells = grid.cells.map((cell) => new Cell(grid, cell, (image) => this.look(image)));
    this.byId = new Map(this.cells.filter(({ id }) => id).map((cell) => [cell.id, cell]));
    this.status = h("p", { class: "status", role: "status" });
    this.bar = h("progress", { max: grid.total, "aria-label": t("grids.compare") });
    this.stop = button({ kind: "button small", press: () => this.cancel() }, t("grids.cancel"));
    this.sheet = h("a", { class: "button small" }, icon("download"), t("grids.sheet"));
    this.place = h("div", { class: "sheet", tabindex: "0", role: "region", "aria-label": t("grids.title") });
    this.choices = grid.z ? grid.z.values.map((_, number) => button({ kind: "button small", press: () => this.turn(number) })) : [];
  }

  open() {
    this.dialog = openDialog({ title: t("grids.title"), kind: "dialog grid" },
      h("p", { class: "of" }, this.grid.parameters.prompt),
      h("div", { class: "far" }, this.status, this.bar, h("div", { class: "acts" }, this.stop, this.sheet)),
      this.sheets(), this.place);
    this.turn(0);
    const over = new AbortController();
    const hear = (type, heard) => store.addEventListener(type, heard, { signal: over.signal });
    hear("generation", ({ detail: { generation } }) => this.heard(generation.id));
    hear("progress", ({ detail }) => this.byId.get(detail.generation_id)?.progress());
    hear("preview", ({ detail }) => this.byId.get(detail.generation_id)?.preview(detail));
    this.dialog.addEventListener("close", () => { over.abort(); address(null); });
    address(this.grid.id);
    this.byId.forEach((cell, id) => { previewsOf(id).forEach((one) => cell.preview(one)); cell.update(); });
    this.tell();
  }

  /** Return the bar that chooses a sheet by its value of the third axis, or nothing without one. */
  sheets() {
    if (!this.grid.z) return null;
    const name = settingName(this.grid.z.setting);
    return h("div", { class: "sheets", role: "group", "aria-label": t("grids.sheet_of", { axis: name }) }, h("span", {}, name), this.choices);
  }

  /** Show the sheet of that number. */
  turn(number) {
    const { id, z } = this.grid;
    this.number = number;
    this.choices.forEach((choice, at) => choice.setAttribute("aria-pressed", String(at === number)));
    this.sheet.href = `/api/v1/grids/${id}/sheet${z ? `?z=${number}` : ""}`;
    this.sheet.download = `atelier-grid-${id}${z ? `-${number + 1}` : ""}.png`;
    this.place.replaceChildren(this.table());
  }

  /** Return the cells of a sheet. */
  cellsOf(number) {
    const each = this.grid.columns * this.grid.rows;
    return this.cells.slice(number * each, (number + 1) * each);
  }

  table() {
    const { x, y, columns } = this.grid;
    const shown = this.cellsOf(this.number);
    const rows = Array.from({ length: this.grid.rows }, (_, row) => shown.slice(row * columns, (row + 1) * columns));
    const corner = y ? h("td", { class: "corner" }, h("span", {}, settingName(x.setting)), h("span", {}, settingName(y.setting))) : null;
    return h("table", { style: { "--columns": columns, "--rows": this.grid.rows } },
      h("caption", { class: "hidden-text" }, this.grid.parameters.prompt),
      !y && h("thead", {}, h("tr", {}, h("td", { class: "only", colspan: columns }, settingName(x.setting)))),
      h("thead", { class: "edge" }, h("tr", {}, corner, x.values.map((value) => h("th", { scope: "col" }, valueName(x.setting, value))))),
      h("tbody", {}, rows.map((cells, row) => h("tr", {}, y && h("th", { scope: "row" }, valueName(y.setting, y.values[row])), cells.map(({ element }) => element)))));
  }

  heard(id) {
    const cell = this.byId.get(id);
    if (!cell) return;
    const before = this.left;
    cell.update();
    this.tell();
    if (before && !this.left) say(t("grids.all_done"));
  }

  /** Say how far it is. */
  tell() {
    const { total } = this.grid;
    this.left = this.cells.filter(({ alive }) => alive).length;
    this.status.textContent = this.left ? t("grids.done", { done: total - this.left, total }) : t("grids.images", { count: total });
    this.bar.value = total - this.left;
    this.bar.hidden = this.stop.hidden = !this.left;
    this.choices.forEach((choice, number) => this.tellOf(choice, number));
  }

  /** Say on its button which value a sheet has, and how far it is while it is drawn. */
  tellOf(choice, number) {
    const { setting, values } = this.grid.z;
    const value = valueName(setting, values[number]);
    const cells = this.cellsOf(number);
    const done = cells.filter(({ alive }) => !alive).length;
    const underWay = done < cells.length;
    choice.replaceChildren(value, underWay ? h("small", { "aria-hidden": "true" }, `${done}/${cells.length}`) : "");
    if (underWay) choice.setAttribute("aria-label", t("grids.sheet_far", { value, done, total: cells.length }));
    else choice.removeAttribute("aria-label");
  }

  async cancel() {
    this.stop.disabled = true;
    try {
      const grid = await api(`/grids/${this.grid.id}/cancel`, { method: "POST" });
      grid.cells.forEach(({ generation }) => generation && learn(generation));
    } catch (error) {
      toast(error instanceof ApiError ? error.message : t("trouble.offline"), "bad");
    }
    this.stop.disabled = false;
  }

  /** Open the viewer on a cell's image; arrows go through the grid, row by row, sheet by sheet. */
  look(image) {
    const items = this.cells.flatMap(({ id }) => {
      const generation = find(id);
      return (generation?.images ?? []).filter((one) => one.moderation === "released").map((one) => itemOf(generation, one));
    });
    openOver({ items }, image.id);
  }
}

/** Have the page's address name the grid that is open, so that a reload opens it again. */
function address(id) {
  const query = new URLSearchParams(location.search);
  if (id) query.set("grid", id);
  else query.delete("grid");
  const text = query.toString();
  history.replaceState(history.state, "", location.pathname + (text ? `?${text}` : ""));
}
