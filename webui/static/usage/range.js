/* Which days are shown: the last 7, 30 or 90, or from one day to another. They are days of UTC, and stand in the address. */
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";

const LENGTHS = [7, 30, 90];
const USUAL = 30;
const A_DAY = 86400000;

const iso = (time) => new Date(time).toISOString().slice(0, 10);
const today = () => iso(Date.now());
const before = (day, days) => iso(Date.parse(`${day}T00:00:00Z`) - days * A_DAY);

export class Range {
  /** `changed` is called when other days are wanted. */
  constructor(changed) {
    this.changed = changed;
    this.lengths = LENGTHS.map((days) => button({ kind: "tab", "aria-pressed": "false", press: () => this.take(days) }, t("report.days", { count: days })));
    [this.from, this.to] = ["from", "to"].map((name) => h("input", { type: "date", class: "picker", "aria-label": t(`report.${name}`), max: today(), required: true, onchange: () => this.written() }));
    this.problem = h("p", { class: "wrong", role: "alert", hidden: true });
    this.element = h("div", { class: "range" }, h("div", { class: "tabs", role: "group", "aria-label": t("report.range") }, this.lengths),
      h("div", { class: "dates" }, this.from, h("span", { "aria-hidden": "true" }, "–"), this.to));
    this.read();
  }

  /** What the API is asked, as a query. */
  get query() {
    return { from: this.from.value, to: this.to.value };
  }

  /** Take the days from the address. */
  read() {
    const asked = new URLSearchParams(location.search);
    const day = /^\d{4}-\d{2}-\d{2}$/;
    if (day.test(asked.get("from")) && day.test(asked.get("to"))) return this.show(asked.get("from"), asked.get("to"), null);
    const days = LENGTHS.find((one) => String(one) === asked.get("days")) ?? USUAL;
    this.show(before(today(), days - 1), today(), days);
  }

  take(days) {
    this.show(before(today(), days - 1), today(), days);
    this.note(days === USUAL ? {} : { days });
  }

  written() {
    if (!this.from.value || !this.to.value) return;
    this.show(this.from.value, this.to.value, null);
    this.note(this.query);
  }

  show(from, to, days) {
    [this.from.value, this.to.value] = [from, to];
    this.lengths.forEach((one, place) => one.setAttribute("aria-pressed", String(LENGTHS[place] === days)));
    this.refuse(null);
  }

  /** Say what is wrong with these days, or nothing. */
  refuse(message) {
    this.problem.hidden = !message;
    this.problem.replaceChildren(...(message ? [icon("warning"), h("span", {}, message)] : []));
    for (const one of [this.from, this.to]) one.toggleAttribute("aria-invalid", Boolean(message));
  }

  note(wanted) {
    const address = new URL(location.href);
    for (const name of ["from", "to", "days"]) address.searchParams.delete(name);
    for (const [name, value] of Object.entries(wanted)) address.searchParams.set(name, value);
    history.replaceState(history.state, "", address);
    this.changed();
  }
}
