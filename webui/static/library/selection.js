/* Which images are selected: one by one, up to one, all that is loaded. */
export class Selection extends EventTarget {
  ids = new Set();
  #anchor = 0;

  get size() {
    return this.ids.size;
  }

  has(id) {
    return this.ids.has(id);
  }

  toggle(items, place) {
    const { id } = items[place].image;
    if (!this.ids.delete(id)) this.ids.add(id);
    this.#anchor = place;
    this.#tell([place]);
  }

  /** Select everything from the last one that was chosen up to this one. */
  upTo(items, place) {
    const [from, to] = [Math.min(this.#anchor, place), Math.max(this.#anchor, place)];
    const places = Array.from({ length: to - from + 1 }, (_, step) => from + step);
    places.forEach((one) => this.ids.add(items[one].image.id));
    this.#tell(places);
  }

  all(items) {
    items.forEach(({ image }) => this.ids.add(image.id));
    this.#tell(null);
  }

  clear() {
    this.ids.clear();
    this.#tell(null);
  }

  /** Forget those that are not there any more. */
  keepAmong(items) {
    const there = new Set(items.map(({ image }) => image.id));
    this.ids = new Set([...this.ids].filter((id) => there.has(id)));
    this.#tell(null);
  }

  /** `places` are those whose tiles look different now; null: any. */
  #tell(places) {
    this.dispatchEvent(new CustomEvent("change", { detail: places }));
  }
}
