/* Moderation: the cases one under the other, the worst first, the open one beside them, decided with a key each. */
import { api } from "../core/api.js";
import { AtElement } from "../core/element.js";
import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { onKey } from "../core/keys.js";
import { failed, ghosts, nothing } from "../core/lists.js";
import { store } from "../core/store.js";
import { toast } from "../overlay/toast.js";
import { undo } from "./acts.js";
import { Bulk } from "./bulk.js";
import { Header } from "./header.js";
import { reminder } from "./reminder.js";
import { head, rowOf } from "./row.js";

const EMPTY = { open: "clear", appeals: "no_appeals", second: "no_second", decided: "none" };

export class Moderation extends AtElement {
  static sheets = ["lists", "moderation"];

  render() {
    this.header = new Header(() => this.begin());
    this.bulk = new Bulk((ids) => { if (ids.length) this.drop(ids); else this.uncheck(); });
    this.rows = h("tbody");
    this.end = h("div");
    this.table = h("div", { class: "table" }, h("table", {}, head(), this.rows), this.end);
    this.space = h("div");
    this.case = document.createElement("at-case");
    this.case.addEventListener("decided", ({ detail }) => this.decided(detail));
    this.case.addEventListener("reload", () => this.begin());
    this.case.addEventListener("back", () => this.leave());
    this.split = h("div", { class: "split" }, h("div", { class: "left" }, this.bulk.element, this.table), this.case);
    this.reminder = reminder();
    this.shadowRoot.append(...this.header.element, this.reminder.place, this.space, this.split);
    this.header.choose("open");
  }

  connected() {
    onKey("j", () => this.select(this.place + 1, true));
    onKey("k", () => this.select(this.place - 1, true));
    onKey("x", () => this.rows.children[this.place]?.querySelector("input")?.click());
    onKey(" ", (event) => (event.composedPath()[0]?.matches?.("button, summary, input, select, a") ? false : this.case.peek?.toggle()));
    onKey("b", (event) => { if (!event.repeat) this.case.peek?.show(); });
    this.listen(document, "keyup", ({ key }) => { if (key === "b" && this.case.peek?.clear) this.case.peek.hide(); });
    for (const [decision, keys] of Object.entries({ release: ["a", "Shift+A"], reject: ["r", "Shift+R"] })) keys.forEach((key) => onKey(key, () => this.case.decide(decision)));
    onKey("u", () => this.undo());
    onKey("e", () => this.case.escalate());
    this.listen(store, "escalated", ({ detail: { name } }) => this.told(name));
    this.observer = new IntersectionObserver((seen) => { if (seen.some((one) => one.isIntersecting) && this.cursor) this.more(); });
    this.observer.observe(this.end);
  }

  disconnected() {
    this.observer.disconnect();
    this.reminder.stop();
  }

  /** Read the list from its beginning. */
  begin() {
    this.flags = [];
    this.cursor = null;
    this.place = 0;
    this.bulk?.chosen.clear();
    this.bulk?.show();
    this.rows.replaceChildren();
    this.split.hidden = true;
    this.space.replaceChildren(ghosts());
    this.header.count();
    this.more();
  }

  async more() {
    const { flags, header: { query } } = this;
    if (this.cursor) query.set("cursor", this.cursor);
    this.cursor = null;
    try {
      const page = await api(`/moderation/flags?${query}`);
      if (flags !== this.flags) return;
      flags.push(...page.items);
      this.rows.append(...page.items.map((flag) => this.row(flag)));
      this.cursor = page.next_cursor;
      this.select(this.place);
    } catch {
      if (flags === this.flags) this.space.replaceChildren(failed(t("moderation.error"), () => this.begin()));
    }
  }

  row(flag) {
    return rowOf(flag, {
      open: () => this.select(this.flags.findIndex(({ id }) => id === flag.id), true, true),
      check: (checked) => this.bulk.check(flag, checked), checked: this.bulk.has(flag),
    });
  }

  /** Go to a case; `meant`: a person did, and has it from now on. `opened`: on a phone it takes the place of the list. */
  select(place, meant = false, opened = false) {
    this.space.replaceChildren(...(this.flags.length ? [] : [this.nothing()]));
    this.split.hidden = !this.flags.length;
    if (!this.flags.length) return;
    this.place = Math.max(0, Math.min(this.flags.length - 1, place));
    [...this.rows.children].forEach((row, index) => {
      row.classList.toggle("current", index === this.place);
      row.setAttribute("aria-current", String(index === this.place));
      row.tabIndex = index === this.place ? 0 : -1;
    });
    if (meant) this.rows.children[this.place].focus();
    if (opened) this.split.classList.add("opened");
    this.case.show(this.flags[this.place], meant);
  }

  /** Another reviewer handed a case to administrators. */
  told(name) {
    toast(t("moderation.escalated.told", { name }));
    this.header.count();
    if (!this.flags.length) this.begin();
  }

  leave() {
    this.split.classList.remove("opened");
    this.rows.children[this.place]?.focus();
  }

  uncheck() {
    for (const box of this.rows.querySelectorAll("input")) box.checked = false;
  }

  nothing() {
    const key = this.header.filtered ? "no_match" : EMPTY[this.header.state];
    return nothing("shield", t(`moderation.${key}.title`), t(`moderation.${key}.text`));
  }

  decided({ flag, now, ids }) {
    if (now?.awaited) this.replace(flag, now);
    // Whoever went over to the other list meanwhile may have come before the decision.
    else if (this.flags.some(({ id }) => id === flag.id)) this.drop(ids);
    else this.begin();
  }

  replace(flag, now) {
    const place = this.flags.findIndex(({ id }) => id === flag.id);
    if (place < 0) return void this.begin();
    this.flags[place] = now;
    this.rows.children[place].replaceWith(this.row(now));
    this.header.count();
    this.select(place + 1 < this.flags.length ? place + 1 : place, true);
  }

  /** Take decided cases off the list, and go to the next one. */
  drop(ids) {
    this.last = ids.at(-1);
    for (const id of ids) {
      const place = this.flags.findIndex((flag) => flag.id === id);
      if (place < 0) continue;
      this.flags.splice(place, 1);
      this.rows.children[place].remove();
      if (place < this.place) this.place -= 1;
    }
    this.header.count();
    this.split.classList.remove("opened");
    this.select(this.place, true);
  }

  /** Take back: what this case allows, or what was decided last. */
  async undo() {
    if (await this.case.foot?.undo()) return;
    if (this.last && await undo(this.last)) this.begin();
    this.last = null;
  }
}
