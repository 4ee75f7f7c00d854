/* What a search finds, a page at a time: also what the viewer pages through. Tells `began`, `grew`, `failed`, `changed`, and
   `shrank` when some left, or with a place when they are back. */
import { api } from "../core/api.js";
import { changed } from "../core/changes.js";
import { askedAhead, firstPage } from "./ahead.js";
import { expect, settled } from "./pictures.js";

const itemOf = (image) => ({ image, parameters: image.parameters });

export class Results extends EventTarget {
  items = [];
  terms = [];
  ended = false;
  #query = new URLSearchParams();
  #cursor = null;
  #asking = null;
  #request = null;
  #taken = [];

  /** Look for something else; `until`: beginning with that month. */
  find(q, stacked, until = null) {
    this.#request?.abort();
    this.#request = new AbortController();
    this.#query = firstPage(q, stacked, until);
    Object.assign(this, { items: [], terms: [], ended: false });
    this.#cursor = this.#asking = null;
    this.#taken = [];
    this.#tell("began");
    return this.more();
  }

  /** Ask for the next page, unless that is being done; resolves when it is there, or cannot be. */
  more() {
    if (!this.ended) this.#asking ??= this.#ask(this.#request.signal);
    return this.#asking ?? Promise.resolve();
  }

  async #ask(signal) {
    const query = new URLSearchParams(this.#query);
    if (this.#cursor) query.set("cursor", this.#cursor);
    try {
      if (this.#cursor) await settled();
      if (signal.aborted) return;
      const ahead = askedAhead(query);
      const page = await (ahead ?? api(`/library?${query}`, { signal }));
      if (signal.aborted) return;
      if (!ahead) expect(page.items);
      this.items.push(...page.items.map(itemOf));
      this.terms = page.terms;
      this.#cursor = page.next_cursor;
      this.ended = !page.next_cursor;
      this.#asking = null;
      this.#tell("grew");
    } catch {
      if (signal.aborted) return;
      this.#asking = null;
      this.#tell("failed");
    }
  }

  placeOf(id) {
    return this.items.findIndex((item) => item.image.id === id);
  }

  /** Some images were changed: show them so. What went to the trash or out of the gallery leaves, and comes back where it was. */
  learn({ ids, trashed, placed, ...what }) {
    if (placed !== undefined) (placed ? this.#putBack(ids) : this.#take(ids));
    else if (trashed === true && !this.inTrash) this.#take(ids);
    else if (trashed === false && !this.inTrash) this.#putBack(ids);
    else if (trashed !== undefined) this.#take(ids);
    else this.#change(ids, what);
  }

  /** Whether what is looked for is in the trash. */
  get inTrash() {
    return this.terms.some(({ kind, value, negated, problem }) => kind === "is" && value === "trashed" && !negated && !problem);
  }

  #change(ids, what) {
    for (const item of this.items) if (ids.has(item.image.id)) item.image = changed(item.image, what);
    this.#tell("changed", ids);
  }

  #take(ids) {
    this.items.forEach((item, place) => { if (ids.has(item.image.id)) this.#taken.push({ item, place }); });
    const left = this.items.filter((item) => !ids.has(item.image.id));
    this.items.splice(0, this.items.length, ...left);
    this.#tell("shrank", null);
  }

  #putBack(ids) {
    const back = this.#taken.filter(({ item }) => ids.has(item.image.id));
    this.#taken = this.#taken.filter(({ item }) => !ids.has(item.image.id));
    back.sort((one, other) => one.place - other.place).forEach(({ item, place }) => this.items.splice(place, 0, item));
    if (back.length) this.#tell("shrank", back[0].place);
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
