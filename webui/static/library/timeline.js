/* The months from the newest image that is found to the oldest: a press leads there, or to what is next before it. One stop for Tab, arrows within. */
import { api } from "../core/api.js";
import { button, h } from "../core/dom.js";
import { month, shortMonth } from "../core/format.js";
import { t } from "../core/i18n.js";

const STEPS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

export class Timeline {
  #buttons = new Map();

  /** `chosen` is told the month that somebody pressed. */
  constructor(chosen) {
    this.chosen = chosen;
    this.lists = h("div", {});
    this.element = h("nav", { class: "timeline", "aria-label": t("timeline"), hidden: true, onkeydown: (event) => this.key(event) }, h("h2", {}, t("timeline")), this.lists);
  }

  /** Show the months of a search; of one month there is nothing to choose. */
  async look(whole) {
    const asked = (this.asked = {});
    const months = await api(`/library/months?${new URLSearchParams({ q: whole })}`).catch(() => []);
    if (this.asked === asked) this.show(months);
  }

  show(months) {
    this.element.hidden = months.length < 2;
    this.#buttons = new Map(months.map((one) => [one, button({ kind: "moment", tabindex: -1, "aria-label": month(one), press: () => this.chosen(one) }, shortMonth(one))]));
    const years = [...new Set(months.map((one) => one.slice(0, 4)))];
    this.lists.replaceChildren(...years.map((year) => h("section", { "aria-label": year }, h("h3", { "aria-hidden": "true" }, year),
      h("ul", {}, months.filter((one) => one.startsWith(year)).map((one) => h("li", {}, this.#buttons.get(one)))))));
    this.mark(this.here);
  }

  /** Say in which month the window is. */
  mark(here) {
    if (here === this.here && this.#buttons.get(here)?.ariaCurrent === "true") return;
    this.here = here;
    const current = this.#buttons.get(here) ?? this.#buttons.values().next().value;
    for (const one of this.#buttons.values()) {
      one.setAttribute("aria-current", String(one === this.#buttons.get(here)));
      one.tabIndex = one === current ? 0 : -1;
    }
  }

  key(event) {
    const all = [...this.#buttons.values()];
    const place = all.indexOf(event.composedPath()[0]);
    const to = event.key in STEPS ? place + STEPS[event.key] : { Home: 0, End: all.length - 1 }[event.key];
    if (place < 0 || !all[to]) return;
    event.preventDefault();
    all[to].focus();
  }
}
