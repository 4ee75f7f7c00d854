/* What presses and keys do in the grid: open, select, move, change. */
import { api, may } from "../core/api.js";
import { change, trash } from "../core/changes.js";
import { t } from "../core/i18n.js";
import { toast } from "../overlay/toast.js";
import { openOver } from "../viewer/viewer.js";
import { changeBy, target } from "./moves.js";

export class Acting {
  /** `page` has the results, the selection, the grid and the bar. */
  constructor(page) {
    this.page = page;
  }

  /** A picture was pressed: open it, or select it, as long as anything is. */
  pressed(event, place) {
    if (event.shiftKey || event.ctrlKey || event.metaKey || this.page.selection.size) return this.select(event, place);
    return this.open(place);
  }

  select(event, place) {
    this.page.grid.focus(place, false);
    if (event.shiftKey) this.page.selection.upTo(this.page.results.items, place);
    else this.page.selection.toggle(this.page.results.items, place);
  }

  open(place) {
    this.page.grid.focus(place);
    const { image } = this.page.results.items[place];
    if (["held", "rejected"].includes(image.moderation)) import("../withheld/why.js").then(({ openWhy }) => openWhy(image));
    else this.openAt(image.id);
  }

  openAt(id, stranger = null) {
    const { results, grid } = this.page;
    const left = (last) => { const place = results.placeOf(last); if (place >= 0) grid.focus(place); };
    const source = { get items() { return results.items; }, get ended() { return results.ended; }, more: () => results.more(), left };
    return openOver(source, id, stranger);
  }

  async openAsked(id) {
    try {
      const image = await api(`/library/${encodeURIComponent(id)}`);
      await this.openAt(id, { image, parameters: image.parameters });
    } catch {
      toast(t("viewer.missing"), "bad");
    }
  }

  key(event) {
    const { items } = this.page.results;
    const image = items[this.page.grid.active]?.image;
    if (!image || event.altKey || event.ctrlKey || event.metaKey) return;
    const to = target(event.key, this.page.grid, items.length);
    const what = changeBy(event.key.toLowerCase(), image);
    if (to !== null) this.move(to, event.shiftKey);
    else if (event.key === " ") this.select(event, this.page.grid.active);
    else if (event.key === "e" && image.moderation === "released") this.edit(image);
    else if (event.key === "Enter") this.open(this.page.grid.active);
    else if (event.key === "Delete") trash(this.page.selection.size ? this.page.bulk.ids : [image.id]);
    else if (what) change(this.page.selection.size ? this.page.bulk.ids : [image.id], what);
    else return;
    event.preventDefault();
  }

  async edit(image) {
    if (await may("generate").catch(() => false)) (await import("../edit/acts.js")).openEdit({ image });
  }

  move(to, selecting) {
    if (selecting && !this.page.selection.size) this.page.selection.toggle(this.page.results.items, this.page.grid.active);
    this.page.grid.focus(to);
    if (selecting) this.page.selection.upTo(this.page.results.items, to);
  }
}
