/* The library: finding images, looking at them, and saying what one thinks of them. With `gallery`, those of one gallery. */
import { may } from "../core/api.js";
import { change } from "../core/changes.js";
import { AtElement } from "../core/element.js";
import { h, typing } from "../core/dom.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { onKey } from "../core/keys.js";
import { failed } from "../core/lists.js";
import { say } from "../overlay/toast.js";
import { warm } from "../viewer/viewer.js";
import { Acting } from "./acting.js";
import { Bulk } from "./bulk.js";
import { Facets } from "./facets.js";
import { Grid } from "./grid.js";
import { term } from "./query.js";
import { Results } from "./results.js";
import { Scope } from "./scope.js";
import { SearchBox } from "./search_box.js";
import { Saved } from "./saved.js";
import { Selection } from "./selection.js";
import { emptyOf, ghosts } from "./states.js";
import { tileOf } from "./tile.js";
import { Tools } from "./tools.js";
import { Trash } from "./trash.js";

const APPROVED = term("status", "approved");

export class Library extends AtElement {
  static sheets = ["parts", "library"];

  render() {
    this.scope = new Scope(this);
    this.results = new Results();
    this.selection = new Selection();
    this.box = new SearchBox((query) => this.search(query));
    this.facets = new Facets((query) => this.search(query), this.scope);
    this.bulk = new Bulk(this.selection, this.results, this.scope);
    this.grid = new Grid({ label: this.scope.name ?? t("library.title"), tile: (item, place, box) => this.tile(item, place, box), near: () => this.results.more() });
    this.tools = new Tools({ shaped: (shape) => this.grid.shape(shape), stacked: () => this.search(this.query, true), unfolded: () => this.facets.element.classList.toggle("open") });
    this.saved = this.scope.gallery ? null : new Saved(() => this.query, (query) => this.search(query));
    this.trash = new Trash(() => this.search(this.query, true));
    this.acting = new Acting(this);
    this.total = h("span", { class: "sub", role: "status" });
    this.space = h("div", { class: "space" });
    this.shadowRoot.append(
      h("header", { class: "bar" }, ...[!this.scope.gallery && h("h1", {}, t("library.title")), this.total, this.box.element, this.saved?.element, this.tools.element].filter(Boolean)),
      this.box.chips,
      h("div", { class: "split" }, this.facets.element, h("div", { class: "main" }, this.trash.element, this.grid.element, this.space)),
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
    this.listen(this.grid.element, "keydown", (event) => this.acting.key(event));
    onKey("/", () => this.box.input.focus());
    onKey("Mod+a", (event) => (typing(event) ? false : this.selection.all(this.results.items)));
    onKey("Escape", () => (this.selection.size ? this.selection.clear() : false));
    this.start();
  }

  disconnected() {
    this.grid.disconnect();
  }

  /** Begin with what the address asks for; who only looks begins with what was approved, but sees all of a gallery. */
  async start() {
    const asked = new URLSearchParams(location.search);
    this.maker = await may("generate").catch(() => false);
    this.tools.stacked = asked.get("stacked") === "true";
    this.usual = this.maker || this.scope.gallery ? "" : APPROVED;
    this.search(asked.get("q") ?? this.usual, true);
    const image = asked.get("image");
    if (image) this.acting.openAsked(image);
    else this.results.addEventListener("grew", warm, { once: true });
  }

  search(query, anyway = false) {
    if (query === this.query && !anyway) return;
    this.query = query;
    this.box.value = query;
    this.tellAddress();
    this.results.find(this.scope.whole(query), this.tools.stacked);
    this.recount();
  }

  /** Keep what is looked for in the address; that it is everything, only where one usually begins with less. */
  tellAddress() {
    const address = new URL(location.href);
    const said = { q: [this.query, this.query || this.usual], stacked: ["true", this.tools.stacked] };
    for (const [name, [value, needed]] of Object.entries(said)) {
      if (needed) address.searchParams.set(name, value);
      else address.searchParams.delete(name);
    }
    history.replaceState(history.state, "", address);
  }

  async recount() {
    const known = await this.facets.look(this.query, this.scope.whole(this.query));
    if (known) this.total.textContent = t(known.complete ? "library.total" : "library.total.more", { count: number(known.total) });
  }

  began() {
    this.selection.clear();
    this.grid.set(this.results.items);
    this.trash.show(false, false);
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
    this.trash.show(inTrash && !this.scope.gallery, items.length > 0);
    if (!ended) return this.space.replaceChildren(...(items.length ? [h("span", { class: "spinner", role: "progressbar", "aria-label": t("library.title") })] : []));
    if (!items.length) say(t("library.none.title"));
    return this.space.replaceChildren(...(items.length ? [] : [emptyOf({ ...this, search: (query) => this.search(query) })]));
  }

  tile({ image }, place, box) {
    return tileOf(image, { place, ...box, selected: this.selection.has(image.id) }, {
      open: (event) => this.acting.pressed(event, place),
      select: (event) => this.acting.select(event, place),
      star: () => change([image.id], { starred: !image.starred }),
    });
  }
}
