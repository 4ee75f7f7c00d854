/* Usage, for administrators: which days, four figures, a chart of each, and the same told apart by person, team and model. */
import { ApiError, api } from "../core/api.js";
import { AtElement } from "../core/element.js";
import { button, h, icon } from "../core/dom.js";
import { credits, number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { failed, ghosts, nothing } from "../core/lists.js";
import { Chart } from "../figures/chart.js";
import { seconds, share } from "../figures/units.js";
import { Breakdown } from "./breakdown.js";
import { Range } from "./range.js";
import { tiles } from "./tiles.js";

export class Report extends AtElement {
  static sheets = ["lists", "figures", "usage"];

  render() {
    this.range = new Range(() => this.look());
    this.breakdown = new Breakdown(() => this.range.query);
    this.tiles = h("div", {}, ghosts("ghost tiles-ghost", 1));
    this.charts = h("div", { class: "charts" }, ghosts("ghost chart-ghost", 1));
    this.csv = h("a", { class: "button small", download: "", "aria-label": t("report.csv.day") }, icon("download"), t("report.csv"));
    this.toggle = button({ kind: "button small", "aria-pressed": "false", press: () => this.turn() }, icon("queue"), t("figures.as_table"));
    this.found = h("div", { class: "found" }, this.tiles,
      h("section", { "aria-labelledby": "days" }, h("header", { class: "heading" }, h("h2", { id: "days" }, t("report.by_day")), h("span", { class: "space" }), this.toggle, this.csv), this.charts), this.breakdown.element);
    this.none = h("div", { hidden: true });
    this.shadowRoot.append(h("header", { class: "bar" }, h("h1", {}, t("report.title")), this.range.element), this.range.problem, this.none, this.found,
      h("p", { class: "sub notes" }, t("report.notes")));
    this.breakdown.tabs.open();
    this.days();
  }

  /** Other days are wanted. */
  look() {
    this.days();
    this.breakdown.look();
  }

  async days() {
    const asked = (this.asked = new URLSearchParams({ ...this.range.query, by: "day" }));
    this.csv.href = `/api/v1/usage/report.csv?${asked}`;
    try {
      const report = await api(`/usage/report?${asked}&compare=true`);
      if (this.asked === asked) this.show(report);
    } catch (error) {
      if (this.asked === asked) this.trouble(error);
    }
  }

  trouble(error) {
    const wrong = error instanceof ApiError && error.status === 422;
    if (wrong) this.range.refuse(error.fields[0]?.message ? t("report.refused", { why: error.fields[0].message }) : error.message);
    this.found.hidden = wrong;
    this.none.hidden = true;
    if (!wrong) this.charts.replaceChildren(failed(t("report.error"), () => this.look()));
  }

  show(report) {
    const { total, items } = report;
    const empty = !total.generations && !total.credits;
    this.range.refuse(null);
    this.found.hidden = empty;
    this.none.hidden = !empty;
    if (empty) return this.none.replaceChildren(nothing("picture", t("report.empty.title"), t("report.empty.text")));
    this.tiles.replaceChildren(tiles(report));
    this.drawn = charts(items);
    this.charts.replaceChildren(...this.drawn.map((one) => one.element));
    this.drawn.forEach((one) => one.asTable(this.asTable));
  }

  turn() {
    this.asTable = !this.asTable;
    this.toggle.setAttribute("aria-pressed", String(this.asTable));
    this.drawn?.forEach((one) => one.asTable(this.asTable));
  }

  asTable = false;
}

function charts(items) {
  const days = items.map((one) => one.key);
  const of = (name, key = name) => ({ name: t(`report.series.${name}`), values: items.map((one) => one[key]) });
  const chart = (name, series, options) => new Chart({ title: t(`report.chart.${name}`), days, series, ...options });
  return [
    chart("images", [of("images")], { kind: "bars", format: number, whole: true }),
    chart("credits", [of("credits")], { kind: "bars", format: credits }),
    chart("wait", [of("p50", "wait_p50"), of("p95", "wait_p95")], { kind: "lines", format: seconds }),
    chart("run", [of("p50", "run_p50"), of("p95", "run_p95")], { kind: "lines", format: seconds }),
    chart("held", [of("held", "hold_rate")], { kind: "bars", format: share, tone: "warn" }),
    chart("failed", [of("failed")], { kind: "bars", format: number, whole: true, tone: "bad" }),
  ];
}
