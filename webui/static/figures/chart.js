/* A chart of days: bars or lines over round ticks, a readout for mouse, touch and arrow keys, and the same as a table. */
import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { labelled, ticks } from "./scale.js";
import { s } from "./svg.js";
import { fullDay, shortDay } from "./units.js";

const HEIGHT = 188;
const TOP = 10;
const BOTTOM = 24;
const A_LABEL = 62;
const A_LETTER = 6.6;
const STEPS = { ArrowLeft: -1, ArrowRight: 1, PageUp: 7, PageDown: -7, Home: -Infinity, End: Infinity };

export class Chart {
  /** `series` are [{ name, values }], a value a day or null; `kind` is "bars" (of the first) or "lines"; `format` writes a value,
      and is told of which day it is; `bounds` are [low, high] of each day's first value, or null. */
  constructor({ title, days, series, kind, format, bounds = null, whole = false, tone = "" }) {
    Object.assign(this, { title, days, series, kind, format, bounds, whole });
    this.readout = h("p", { class: "readout" });
    this.plot = h("div", { class: `plot ${tone}`, role: "slider", tabindex: 0, "aria-label": title, "aria-valuemin": 0, "aria-valuemax": days.length - 1,
      onpointermove: (event) => this.pointed(event), onpointerdown: (event) => this.pointed(event), onpointerleave: () => this.rest(),
      onkeydown: (event) => this.pressed(event), onfocus: () => this.read(this.place ?? days.length - 1), onblur: () => this.rest() });
    this.element = h("figure", { class: "chart" }, h("figcaption", {}, h("h3", {}, title), this.readout), this.plot, this.table());
    this.rest();
    this.watch = new ResizeObserver(() => this.draw());
    this.watch.observe(this.plot);
  }

  /** Show the table in place of the drawing, or the drawing. */
  asTable(wanted) {
    this.element.classList.toggle("as-table", wanted);
  }

  table() {
    const rows = this.days.map((day, place) => h("tr", {}, h("th", { scope: "row" }, fullDay(day)), this.series.map(({ values }) => h("td", {}, this.format(values[place], place)))));
    return h("div", { class: "values", role: "region", tabindex: 0, "aria-label": this.title }, h("table", {}, h("caption", { class: "hidden-text" }, this.title),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("figures.day")), this.series.map(({ name }) => h("th", { scope: "col" }, name)))), h("tbody", {}, rows)));
  }

  draw() {
    const width = this.plot.clientWidth;
    if (!width) return;
    const marks = ticks(Math.max(0, ...this.series.flatMap(({ values }) => values.filter((one) => one !== null)), ...(this.bounds ?? []).map((one) => one?.[1] ?? 0)), this.whole);
    const left = Math.ceil(Math.max(...marks.map((mark) => this.format(mark).length)) * A_LETTER) + 10;
    const step = (width - left) / this.days.length;
    const y = (value) => TOP + (1 - value / marks.at(-1)) * (HEIGHT - TOP - BOTTOM);
    Object.assign(this, { left, step, y, x: (place) => left + (place + 0.5) * step });
    this.cursor = s("g", { class: "cursor" });
    this.plot.replaceChildren(s("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, "aria-hidden": "true" },
      marks.map((mark) => this.gridline(mark, width)), this.dayLabels(width), this.between(), this.kind === "bars" ? this.bars() : this.lines(), this.cursor));
  }

  gridline(mark, width) {
    return s("g", {}, s("line", { class: mark ? "grid" : "base", x1: this.left, x2: width, y1: this.y(mark), y2: this.y(mark) }),
      s("text", { x: this.left - 8, y: this.y(mark) + 4, "text-anchor": "end" }, this.format(mark)));
  }

  dayLabels(width) {
    return labelled(this.days.length, Math.floor((width - this.left) / A_LABEL)).map((place) => {
      const text = shortDay(this.days[place]);
      const half = (text.length * A_LETTER) / 2;
      return s("text", { x: Math.min(width - half, Math.max(this.left + half, this.x(place))), y: HEIGHT - 6, "text-anchor": "middle" }, text);
    });
  }

  bars() {
    const wide = Math.max(1, Math.min(28, this.step * (this.step > 6 ? 0.72 : 0.9)));
    return this.series[0].values.map((value, place) => {
      if (!value) return [];
      const tall = Math.max(1.5, this.y(0) - this.y(value));
      return s("rect", { class: "bar-of", x: this.x(place) - wide / 2, y: this.y(0) - tall, width: wide, height: tall, rx: Math.min(2.5, wide / 3) });
    });
  }

  /** Return where each value could as well be. */
  between() {
    return (this.bounds ?? []).flatMap((one, place) => (one ? s("line", { class: "bound-of", x1: this.x(place), x2: this.x(place), y1: this.y(one[0]), y2: this.y(one[1]) }) : []));
  }

  lines() {
    return this.series.flatMap(({ values }, number) => runsOf(values).map((run) => (run.length > 1
      ? s("polyline", { class: `line-of n${number}`, points: run.map((place) => `${this.x(place).toFixed(1)},${this.y(values[place]).toFixed(1)}`).join(" ") })
      : s("circle", { class: `dot-of n${number}`, cx: this.x(run[0]), cy: this.y(values[run[0]]), r: 2.5 }))));
  }

  pointed({ clientX }) {
    const across = clientX - this.plot.getBoundingClientRect().left - this.left;
    this.read(Math.min(this.days.length - 1, Math.max(0, Math.floor(across / this.step))));
  }

  pressed(event) {
    const step = STEPS[event.key] ?? { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    this.read(Math.min(this.days.length - 1, Math.max(0, (this.place ?? this.days.length - 1) + step)));
  }

  /** Say what the day at `place` has, and mark it. */
  read(place) {
    this.place = place;
    const told = this.series.map(({ name, values }) => [name, this.format(values[place], place)]);
    const day = fullDay(this.days[place]);
    this.readout.replaceChildren(h("span", {}, day), ...told.map(([name, value], number) => h("b", { class: `n${number}` }, this.series.length > 1 ? `${name} ${value}` : value)));
    this.plot.setAttribute("aria-valuenow", place);
    this.plot.setAttribute("aria-valuetext", `${day}: ${told.map((one) => one.join(" ")).join(", ")}`);
    if (this.cursor) this.mark(place);
  }

  mark(place) {
    const x = this.x(place);
    const points = this.series.flatMap(({ values }, number) => (this.kind === "lines" && values[place] !== null ? s("circle", { class: `dot-of n${number}`, cx: x, cy: this.y(values[place]), r: 3.5 }) : []));
    const column = s("rect", { x: x - this.step / 2, y: TOP, width: Math.max(1, this.step), height: HEIGHT - TOP - BOTTOM });
    this.cursor.replaceChildren(column, ...points);
  }

  /** Show what belongs to which line, where there are several, as long as no day is looked at. */
  rest() {
    if (this.plot.matches(":focus")) return;
    this.cursor?.replaceChildren();
    this.readout.replaceChildren(...(this.series.length > 1 ? this.series.map(({ name }, number) => h("b", { class: `key n${number}` }, name)) : []));
    this.plot.setAttribute("aria-valuenow", this.place ?? this.days.length - 1);
  }
}

/** Return the places of values that follow each other without a gap, run by run. */
function runsOf(values) {
  const runs = [[]];
  values.forEach((value, place) => (value === null ? runs.push([]) : runs.at(-1).push(place)));
  return runs.filter((run) => run.length);
}
