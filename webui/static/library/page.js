/* The library: finding images, looking at them, and saying what one thinks of them. With `gallery`, those of one gallery. */
import { change } from "../core/changes.js";
import { AtElement } from "../core/element.js";
import { h, typing } from "../core/dom.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { onKey } from "../core/keys.js";
import { failed } from "../core/lists.js";
import { store } from "../core/store.js";
import { say } from "../overlay/toast.js";
import { warm } from "../viewer/viewer.js";
import { Acting } from "./acting.js";
import { beginning } from "./ahead.js";
import { Bulk } from "./bulk.js";
import { Facets } from "./facets.js";
import { Grid } from "./grid.js";
import { settled } from "./pictures.js";
import { Results } from "./results.js";
import { Scope } from "./scope.js";
import { SearchBox } from "./search_box.js";
import { Saved } from "./saved.js";
import { Selection } from "./selection.js";
import { Sheet } from "./sheet.js";
import { Since } from "./since.js";
import { emptyOf, ghosts } from "./states.js";
import { tileOf } from "./tile.js";
import { Timeline } from "./timeline.js";
import { Tools } from "./tools.js";

const monthOf = ({ image }) => image.created_at.slice(0, 7);

export class Library extends AtElement {
  static sheets = ["parts", "library", "facets"];
  static observedAttributes = ["name"];

  /** A gallery's name comes after its images. */
  attributeChangedCallback(_attribute, _before, name) {
    this.grid?.element.setAttribute("aria-label", name);
  }

  render() {
    this.scope = new Scope(this);
    this.results = new Results();
    this.selection = new Selection();
    this.box = new SearchBox((query) => this.search(query));
    this.facets = new Facets((query) => this.search(query), this.scope);
    this.bulk = new Bulk(this.selection, this.results, this.scope);
    this.grid = new Grid({ label: this.scope.name ?? t("library.title"), tile: (item, place, box) => this.tile(item, place, box), near: () => this.results.more(), passed: (place) => this.timeline.mark(monthOf(this.results.items[place])) });
    this.timeline = new Timeline((month) => this.jump(month));
    this.sheet = new Sheet(this.facets.element, this.timeline.element);
    this.tools = new Tools({ shaped: (shape) => this.grid.shape(shape), stacked: () => this.search(this.query, true) });
    this.saved = this.scope.gallery ? null : new Saved(() => this.query, (query) => this.search(query));
    this.trash = h("div", { hidden: true });
    this.acting = new Acting(this);
    this.since = new Since(() => this.jump(null));
    this.total = h("span", { class: "sub", role: "status" });
    this.space = h("div", { class: "space" });
    this.shadowRoot.append(
      h("header", { class: "bar" }, ...[!this.scope.gallery && h("h1", {}, t("library.title")), this.total, this.box.element, this.sheet.element, this.saved?.element, this.tools.element].filter(Boolean)),
      this.box.chips,
      h("div", { class: "split" }, this.facets.element, h("div", { class: "main" }, this.trash, this.since.element, this.grid.element, this.space), this.timeline.element),
      this.bulk.element);
    this.grid.shape(this.tools.shape);
  }

  connected() {
    this.grid.connect();
    this.listen(this.results, "began", () => this.began());
    this.listen(this.results, "grew", () => this.grew());
    this.listen(this.results, "failed", () => this.space.replaceChildren(failed(t("library.error"), () => { this.space.replaceChildren(ghosts()); this.results.more(); })));
    this.listen(this.results, "shrank", ({ detail }) => this.shrank(detail));
    this.listen(this.results, "changed", ({ detail }) => this.grid.renew([...detail].map((id) => this.results.placeOf(id)).filter((place) => place >= 0)));
    this.listen(this.selection, "change", ({ detail }) => { this.grid.renew(detail ?? this.results.items.keys()); this.bulk.show(); this.classList.toggle("selecting", this.selection.size > 0); });
    this.listen(document, "atelier:changed", ({ detail }) => { this.results.learn(detail); this.recount(); });
    this.listen(store, "withdrawn", ({ detail }) => { this.results.learn({ ids: new Set(detail.image_ids), trashed: true }); this.recount(); });
    this.listen(this.grid.element, "keydown", (event) => this.acting.key(event));
    onKey("/", () => this.box.input.focus());
    onKey("Mod+a", (event) => (typing(event) ? false : this.selection.all(this.results.items)));
    onKey("Escape", () => (this.selection.size ? this.selection.clear() : false));
    this.start();
  }

  disconnected() {
    this.grid.disconnect();
  }

  /** Begin with what the address asks for. */
  async start() {
    const { maker, usual, query, stacked, until, image } = await beginning(this.scope.gallery);
    Object.assign(this, { maker, usual });
    this.tools.stacked = stacked;
    this.search(query, true, until);
    if (image) this.acting.openAsked(image);
    else this.results.addEventListener("grew", warm, { once: true });
  }

  /** Look for something; `until`: beginning with that month, not with the newest. */
  search(query, anyway = false, until = null) {
    if (query === this.query && !anyway) return;
    Object.assign(this, { query, until });
    this.box.value = query;
    this.tellAddress();
    // Counting waits until there is something to see.
    this.results.find(this.scope.whole(query), this.tools.stacked, until).then(settled).then(() => { if (query === this.query) this.recount(); });
  }

  /** Keep what is looked for in the address; that it is everything, only where one usually begins with less. */
  tellAddress() {
    const address = new URL(location.href);
    const said = { q: [this.query, this.query || this.usual], stacked: ["true", this.tools.stacked], until: [this.until, this.until] };
    for (const [name, [value, needed]] of Object.entries(said)) {
      if (needed) address.searchParams.set(name, value);
      else address.searchParams.delete(name);
    }
    history.replaceState(history.state, "", address);
  }

  async recount() {
    const known = await this.facets.look(this.query, this.scope.whole(this.query));
    if (!known) return;
    const text = t(known.complete ? "library.total" : "library.total.more", { count: number(known.total) });
    this.total.textContent = text;
    this.sheet.total(text);
    this.sheet.tell(this.facets.pressed);
    this.timeline.look(this.scope.whole(this.query));
  }

  /** Go to a month, or back to the newest: by scrolling if it is loaded, otherwise by looking from there on. */
  jump(month) {
    this.sheet.dialog?.close();
    const { items } = this.results;
    const place = month ? items.findIndex((item) => monthOf(item) <= month) : -1;
    const isLoaded = place > 0 || (place === 0 && (!this.until || monthOf(items[0]) === month));
    if (isLoaded) return this.grid.focus(place);
    const focus = () => { if (this.results.items.length) this.grid.focus(0); };
    this.results.addEventListener("grew", focus, { once: true });
    return this.search(this.query, true, month);
  }

  began() {
    this.selection.clear();
    this.grid.set(this.results.items);
    this.trash.hidden = true;
    this.since.show(this.until);
    this.space.replaceChildren(ghosts());
  }

  grew() {
    this.box.show(this.scope.own(this.results.terms));
    this.space.replaceChildren();
    this.grid.grew();
    this.tellEnd();
  }

  /** Some images left, or are back from `place` on: whoever was about to do more with them is still where they were. */
  shrank(place) {
    const { activeElement } = this.shadowRoot;
    const here = this.grid.element.contains(activeElement) || this.bulk.element.contains(activeElement);
    this.selection.keepAmong(this.results.items);
    if (place !== null) this.grid.active = place;
    this.grid.anew();
    if (here || place !== null) this.grid.focus(this.grid.active);
    this.tellEnd();
  }

  /** Say what follows the last tile: nothing, more, or why there is none. */
  tellEnd() {
    const { items, ended, inTrash } = this.results;
    this.showTrash(inTrash && !this.scope.gallery && items.length > 0);
    if (!ended) return this.space.replaceChildren(...(items.length ? [h("span", { class: "spinner", role: "progressbar", "aria-label": t("library.title") })] : []));
    if (!items.length) say(t("library.none.title"));
    return this.space.replaceChildren(...(items.length ? [] : [emptyOf({ ...this, search: (query) => this.search(query) })]));
  }

  /** Show, above what is in the trash, how it is emptied. */
  async showTrash(isShown) {
    this.trash.hidden = !isShown;
    if (!isShown || this.trash.firstChild) return;
    const { Trash } = await import("./trash.js");
    this.trash.replaceChildren(new Trash(() => this.search(this.query, true)).element);
  }

  tile({ image }, place, box) {
    return tileOf(image, { place, ...box, selected: this.selection.has(image.id) }, {
      open: (event) => this.acting.pressed(event, place),
      select: (event) => this.acting.select(event, place),
      star: () => change([image.id], { starred: !image.starred }),
    });
  }
}
