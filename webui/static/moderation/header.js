/* Over the queue: how many wait since when and how long deciding takes, the lists there are, and the filters. */
import { api } from "../core/api.js";
import { button, h } from "../core/dom.js";
import { ago, lasting, number, when } from "../core/format.js";
import { t } from "../core/i18n.js";
import { openKeys } from "../core/keys.js";
import { offer, picker } from "../people/parts.js";
import { titleOf } from "./words.js";

const LISTS = ["open", "appeals", "second", "decided"];
const SEVERITIES = ["severe", "moderate", "low"];
const ORIGINS = ["check", "prompt", "sample", "takedown"];

export class Header {
  /** `chosen` is called when another list or another filter is wanted. */
  constructor(chosen) {
    this.chosen = chosen;
    this.state = "open";
    this.filters = {};
    this.stats = h("p", { class: "sub stats", "aria-live": "polite" });
    this.tabs = h("div", { class: "tabs", role: "tablist", "aria-label": t("moderation.tabs") }, LISTS.map((state) =>
      button({ kind: "tab", role: "tab", "data-state": state, press: () => this.choose(state) }, t(`moderation.${state}`), h("b", { hidden: true }))));
    this.categories = picker(t("moderation.category"), [["", t("moderation.every.category")]], "", (value) => this.filter("category", value));
    const choice = (name, words, word) => picker(t(`moderation.${name}`), [["", t(`moderation.every.${name}`)], ...words.map((one) => [one, t(`moderation.${word}.${one}`)])], "", (value) => this.filter(name, value));
    this.element = [
      h("header", { class: "bar" }, h("h1", {}, t("moderation.title")), this.stats, this.tabs),
      h("div", { class: "filters" }, this.categories, choice("severity", SEVERITIES, "severity"), choice("origin", ORIGINS, "origin"),
        button({ kind: "button small quiet keys", press: openKeys }, h("kbd", {}, "?"), t("moderation.keys"))),
    ];
  }

  choose(state) {
    this.state = state;
    for (const tab of this.tabs.children) tab.setAttribute("aria-selected", String(tab.dataset.state === state));
    this.chosen();
  }

  filter(name, value) {
    this.filters[name] = value;
    this.chosen();
  }

  /** Return what is asked of the API. */
  get query() {
    return new URLSearchParams({ state: this.state, ...Object.fromEntries(Object.entries(this.filters).filter(([, value]) => value)) });
  }

  get filtered() {
    return Object.values(this.filters).some(Boolean);
  }

  /** Ask for the numbers; without them the page works too. */
  async count() {
    const told = await api("/moderation/summary").catch(() => null);
    if (!told) return;
    for (const tab of this.tabs.children) {
      const value = told[tab.dataset.state];
      const mark = tab.querySelector("b");
      mark.hidden = !value || tab.dataset.state === "decided";
      mark.textContent = number(value);
    }
    this.stats.replaceChildren([
      told.severe && t("moderation.stats.severe", { count: number(told.severe) }),
      told.oldest_at && t("moderation.stats.oldest", { ago: ago(told.oldest_at) }),
      told.median_s !== null && t("moderation.stats.median", { time: lasting(Math.max(1, told.median_s)) }),
    ].filter(Boolean).join(" · "));
    if (told.oldest_at) this.stats.title = when(told.oldest_at);
    const named = told.categories.filter(({ category }) => category).map((one) => [one.category, `${titleOf(one)} (${number(one.open)})`]);
    offer(this.categories, [["", t("moderation.every.category")], ...new Map(named)], this.filters.category ?? "");
  }
}
