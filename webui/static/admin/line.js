/* Everybody's queued and running generations in the order of the line, a page at a time. */
import { h } from "../core/dom.js";
import { failed, ghosts, nothing } from "../core/lists.js";
import { Pager } from "../core/pager.js";
import { t } from "../core/i18n.js";
import { Entry } from "./entry.js";

const PAGE = 50;
const COLUMNS = ["place", "what", "who", "state", "priority", "attempt", "since"];

export class Line {
  /** `turned` is called after a page was turned, `changed` after a generation was stopped. */
  constructor({ turned, changed }) {
    this.changed = changed;
    this.entries = new Map();
    this.pager = new Pager(PAGE, turned);
    this.rows = h("tbody");
    this.table = h("div", { class: "table line" }, h("table", {}, h("caption", { class: "hidden-text" }, t("queue.line")), head(), this.rows));
    this.element = h("div", {}, ghosts("ghost line-of"));
  }

  get query() {
    return this.pager.query;
  }

  /** Lay out a page; a generation that is there already keeps its row, and the row its focus. */
  show({ items, next_cursor: next }) {
    const focused = this.element.getRootNode().activeElement;
    const place = [...this.rows.children].findIndex((row) => row.contains(focused));
    this.forget(items);
    items.forEach((one, index) => this.put(one, index));
    if (!this.pager.learn(items.length, next)) return;
    this.lay(items.length > 0);
    if (place >= 0 && !focused.isConnected) this.rows.children[Math.min(place, items.length - 1)]?.querySelector("button")?.focus();
  }

  failed(again) {
    this.somebody = null;
    this.element.replaceChildren(failed(t("queue.error"), again));
  }

  forget(items) {
    const named = new Set(items.map((one) => one.id));
    for (const [id, entry] of this.entries) {
      if (named.has(id)) continue;
      entry.row.remove();
      this.entries.delete(id);
    }
  }

  put(one, index) {
    const entry = this.entries.get(one.id) ?? new Entry(this.changed);
    this.entries.set(one.id, entry);
    entry.show(one, this.pager.before + index + 1);
    if (this.rows.children[index] !== entry.row) this.rows.insertBefore(entry.row, this.rows.children[index] ?? null);
  }

  lay(somebody) {
    if (this.somebody === somebody) return;
    this.somebody = somebody;
    this.element.replaceChildren(...(somebody ? [this.table, this.pager.element] : [nothing("check", t("queue.empty.title"), t("queue.empty.text"))]));
  }
}

function head() {
  return h("thead", {}, h("tr", {}, COLUMNS.map((name) => h("th", { scope: "col" }, t(`queue.column.${name}`))),
    h("th", { scope: "col" }, h("span", { class: "hidden-text" }, t("queue.column.act")))));
}
