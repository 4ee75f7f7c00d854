/* How good moderation is: three figures with where the truth lies, week by week, by category and by version. */
import { ApiError, api } from "../core/api.js";
import { button, h, icon } from "../core/dom.js";
import { number } from "../core/format.js";
import { language, t } from "../core/i18n.js";
import { failed, ghosts } from "../core/lists.js";
import { Chart } from "../figures/chart.js";
import { NONE, share } from "../figures/units.js";
import { picker } from "../people/parts.js";

const WEEKS = [4, 12, 26, 52];
const USUAL = 12;
const FINE = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });

export class Quality {
  constructor() {
    this.weeks = USUAL;
    this.found = h("div", {}, ghosts("ghost tiles-ghost", 1));
    const weeks = picker(t("quality.weeks"), WEEKS.map((count) => [count, t("quality.weeks.last", { count })]), USUAL, (value) => { this.weeks = Number(value); this.look(); });
    this.toggle = button({ kind: "button small", "aria-pressed": "false", press: () => this.turn() }, icon("queue"), t("figures.as_table"));
    this.element = h("div", {}, h("p", { class: "hint" }, t("quality.text")), h("div", { class: "row-of above" }, weeks, h("span", { class: "space" }), this.toggle), this.found);
  }

  async look() {
    const asked = (this.asked = this.weeks);
    try {
      const quality = await api(`/moderation/quality?weeks=${asked}`);
      if (this.asked === asked) this.show(quality);
    } catch (error) {
      if (this.asked === asked) this.found.replaceChildren(failed(error instanceof ApiError ? error.message : t("quality.error"), () => this.look()));
    }
  }

  show(quality) {
    const { precision, recall, agreement, missed, weeks } = quality;
    const days = weeks.map(({ week }) => week);
    this.charts = [
      chart(t("quality.precision.weekly"), days, weeks.map((one) => one.precision)),
      chart(t("quality.missed.weekly"), days, weeks.map((one) => one.missed), "warn"),
    ];
    this.charts.forEach((one) => one.asTable(this.toggle.getAttribute("aria-pressed") === "true"));
    this.found.replaceChildren(
      h("dl", { class: "tiles" },
        tile("precision", precision, t("quality.precision.of", { decided: number(quality.decided), held: number(quality.held) })),
        tile("recall", recall, t("quality.recall.of", { looked: number(quality.looked_at), sampled: number(quality.sampled) })),
        tile("missed", missed, t("quality.missed.of", { images: number(quality.images) })),
        tile("agreement", agreement, t("quality.agreement.of", { alike: number(quality.alike), of: number(agreement.of) }), (value) => FINE.format(value))),
      h("div", { class: "charts" }, this.charts.map(({ element }) => element)),
      h("div", { class: "charts" }, table(t("quality.by_category"), t("policy.category"), quality.categories, ({ title }) => title),
        table(t("quality.by_version"), t("policy.version.column"), quality.versions, ({ key }) => t("policy.version", { number: key }), true)),
      h("p", { class: "sub notes" }, t("quality.notes")));
  }

  turn() {
    const wanted = this.toggle.getAttribute("aria-pressed") !== "true";
    this.toggle.setAttribute("aria-pressed", String(wanted));
    this.charts?.forEach((one) => one.asTable(wanted));
  }
}

/** Return a measure in words: the value and between which bounds it is, or that it cannot be said. */
function written(measure, format = share) {
  if (measure.value === null) return t("quality.too_few");
  return t("quality.between", { value: format(measure.value), low: format(measure.low), high: format(measure.high) });
}

function tile(name, measure, also, format = share) {
  const none = measure.value === null;
  return h("div", { class: "tile", "data-measure": name }, h("dt", {}, t(`quality.${name}`)),
    h("dd", {}, h("b", { class: none ? "none" : null }, none ? t("quality.too_few") : format(measure.value)), !none && h("span", { class: "change" }, t("quality.bounds", { low: format(measure.low), high: format(measure.high) })), !none && bounds(measure), h("span", { class: "also" }, also)));
}

/** Return a line on which the bounds are a bar and the value a mark. */
function bounds({ value, low, high }) {
  const at = (one) => `${(Math.max(0, Math.min(1, one)) * 100).toFixed(1)}%`;
  return h("span", { class: "bounds", "aria-hidden": "true" }, h("i", { style: { left: at(low), right: at(1 - high) } }), h("b", { style: { left: at(value) } }));
}

function chart(title, days, measures, tone = "") {
  const told = (value, place) => (place === undefined ? share(value) : measures[place].value === null ? NONE : written(measures[place]));
  return new Chart({ title, days, kind: "lines", tone, format: told, bounds: measures.map(({ low, high }) => (low === null ? null : [low, high])), series: [{ name: title, values: measures.map(({ value }) => value) }] });
}

function table(title, first, rows, nameOf, missed = false) {
  const heads = [first, t("quality.column.held"), t("quality.column.decided"), t("quality.precision"), ...(missed ? [t("quality.missed")] : [])];
  const row = (one) => h("tr", {}, h("th", { scope: "row" }, nameOf(one)), h("td", { class: "count" }, number(one.held)), h("td", { class: "count" }, number(one.decided)),
    [one.precision, ...(missed ? [one.missed] : [])].map((measure) => h("td", {}, written(measure), measure.value !== null && bounds(measure))));
  const body = rows.length ? rows.map(row) : [h("tr", {}, h("td", { colspan: heads.length, class: "sub" }, t("quality.nothing")))];
  return h("section", {}, h("h2", {}, title), h("div", { class: "table" }, h("table", {}, h("caption", { class: "hidden-text" }, title), h("thead", {}, h("tr", {}, heads.map((text, place) => h("th", { scope: "col", class: [1, 2].includes(place) ? "count" : null }, text)))), h("tbody", {}, body))));
}
