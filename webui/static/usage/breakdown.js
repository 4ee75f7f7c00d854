/* The same figures told apart by team, person or model: a table that is sorted by any column. */
import { api } from "../core/api.js";
import { h, icon } from "../core/dom.js";
import { credits, number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { Tabs } from "../core/tabs.js";
import { failed, ghosts, nothing } from "../core/lists.js";
import { seconds, share } from "../figures/units.js";

const VIEWS = ["person", "team", "model"];
const COLUMNS = [
  ["images", (row) => number(row.images)],
  ["credits", (row) => credits(row.credits)],
  ["generations", (row) => number(row.generations)],
  ["failed", (row) => number(row.failed), (row) => (row.canceled ? t("report.canceled.row", { count: number(row.canceled) }) : "")],
  ["wait_p95", (row) => seconds(row.wait_p95), (row) => (row.wait_p50 === null ? "" : t("report.half", { half: seconds(row.wait_p50) }))],
  ["run_p95", (row) => seconds(row.run_p95), (row) => (row.run_p50 === null ? "" : t("report.half", { half: seconds(row.run_p50) }))],
  ["hold_rate", (row) => share(row.hold_rate), (row) => (row.held ? t("report.held.row", { held: number(row.held), released: number(row.released) }) : "")],
];

export class Breakdown {
  /** `query` returns the days that are asked for. */
  constructor(query) {
    this.query = query;
    this.sorted = { column: "credits", down: true };
    this.list = h("div", {}, ghosts());
    this.csv = h("a", { class: "button small", download: "" }, icon("download"), t("report.csv"));
    const tabs = new Tabs(t("report.by"), VIEWS.map((view) => [view, t(`report.by.${view}`)]), (view) => {
      this.by = view;
      this.look();
      return this.list;
    });
    this.tabs = tabs;
    this.element = h("section", { "aria-labelledby": "by" }, h("header", { class: "heading" }, h("h2", { id: "by" }, t("report.by")), tabs.element, this.csv), tabs.space);
  }

  async look() {
    const asked = (this.asked = new URLSearchParams({ ...this.query(), by: this.by }));
    this.csv.href = `/api/v1/usage/report.csv?${asked}`;
    this.csv.setAttribute("aria-label", t(`report.csv.${this.by}`));
    try {
      const report = await api(`/usage/report?${asked}`);
      if (this.asked === asked) this.show(report);
    } catch {
      if (this.asked === asked) this.list.replaceChildren(failed(t("report.error"), () => this.look()));
    }
  }

  show(report) {
    this.report = report;
    if (!report.items.length) return this.list.replaceChildren(nothing("picture", t("report.empty.title"), t("report.empty.text")));
    this.head = h("tr", {}, [["name"], ...COLUMNS].map(([name]) => this.header(name)));
    this.rows = h("tbody");
    this.sort();
    this.list.replaceChildren(h("div", { class: "table" }, h("table", { class: "breakdown" }, h("caption", { class: "hidden-text" }, t(`report.by.${this.by}`)), h("thead", {}, this.head), this.rows)),
      ...(report.left_off ? [h("p", { class: "sub" }, t("report.left_off", { count: number(report.left_off) }))] : []));
  }

  header(name) {
    const press = () => {
      this.sorted = { column: name, down: this.sorted.column === name ? !this.sorted.down : name !== "name" };
      this.sort();
    };
    return h("th", { scope: "col", "data-column": name, class: name === "name" ? null : "count" }, h("button", { type: "button", class: "sort", onclick: press }, t(name === "name" ? `report.one.${this.by}` : `report.column.${name}`), icon("down")));
  }

  sort() {
    const { column, down } = this.sorted;
    const value = (row) => (column === "name" ? nameOf(row, this.by).toLocaleLowerCase() : row[column] ?? -1);
    const order = (one, other) => (column === "name" ? value(one).localeCompare(value(other)) : value(one) - value(other)) * (down ? -1 : 1);
    for (const th of this.head.children) {
      if (th.dataset.column === column) th.setAttribute("aria-sort", down ? "descending" : "ascending");
      else th.removeAttribute("aria-sort");
    }
    this.rows.replaceChildren(...[...this.report.items].sort(order).map((row) => this.row(row)));
  }

  row(row) {
    return h("tr", {}, h("th", { scope: "row", class: "person" }, this.whose(row)), COLUMNS.map(([name, main, also]) => {
      const below = also?.(row);
      return h("td", { class: "count", "data-column": name }, main(row), below && h("small", {}, below));
    }));
  }

  /** Return who or what a row is about; a person leads to what they may spend. */
  whose(row) {
    const name = nameOf(row, this.by);
    if (this.by !== "person" || !row.email) return h("span", {}, name);
    return [h("a", { href: `/people?${new URLSearchParams({ show: "quotas", person: row.key })}`, title: t("report.quota", { name }) }, name), h("small", {}, row.email)];
  }
}

const nameOf = (row, by) => row.name || (row.key ? t("report.gone", { id: row.key }) : t(`report.none.${by}`));
