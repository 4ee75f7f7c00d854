/* Moderation: the held images one under the other, the case beside them, decided with a key each. */
import { api } from "../core/api.js";
import { AtElement } from "../core/element.js";
import { button, h } from "../core/dom.js";
import { ago, when } from "../core/format.js";
import { t } from "../core/i18n.js";
import { onKey } from "../core/keys.js";
import { failed, nothing } from "../core/lists.js";
import { toast } from "../overlay/toast.js";
import { blurred } from "./picture.js";
import { scoreOf, scoreBar } from "./scores.js";

export class Moderation extends AtElement {
  static sheets = ["lists", "moderation"];

  render() {
    this.tabs = h("div", { class: "tabs", role: "tablist", "aria-label": t("moderation.tabs") }, ["open", "decided"].map((state) => this.tab(state)));
    this.rows = h("tbody");
    this.table = h("div", { class: "table" }, h("table", {}, head(), this.rows));
    this.space = h("div");
    this.case = document.createElement("at-case");
    this.case.addEventListener("decide", ({ detail }) => this.decide(detail));
    this.shadowRoot.append(
      h("header", { class: "bar" }, h("h1", {}, t("moderation.title")), h("span", { class: "sub keys" }, t("moderation.hint")), this.tabs),
      this.space, h("div", { class: "split" }, this.table, this.case));
    this.choose("open");
  }

  connected() {
    onKey("j", () => this.select(this.place + 1, true));
    onKey("k", () => this.select(this.place - 1, true));
    onKey(" ", (event) => (event.composedPath()[0]?.tagName === "BUTTON" ? false : this.case.reveal()));
    onKey("Shift+A", () => this.case.decide("release"));
    onKey("Shift+R", () => this.case.decide("reject"));
    this.observer = new IntersectionObserver((seen) => { if (seen.some((one) => one.isIntersecting) && this.cursor) this.more(); });
    this.end = h("div");
    this.table.append(this.end);
    this.observer.observe(this.end);
  }

  disconnected() {
    this.observer.disconnect();
  }

  tab(state) {
    return button({ kind: "tab", role: "tab", "data-state": state, press: () => this.choose(state) }, t(`moderation.${state}`));
  }

  choose(state) {
    this.state = state;
    this.flags = [];
    this.cursor = null;
    this.place = 0;
    this.rows.replaceChildren();
    for (const tab of this.tabs.children) tab.setAttribute("aria-selected", String(tab.dataset.state === state));
    this.more();
  }

  async more() {
    const { state, flags } = this;
    const after = this.cursor ? `&cursor=${encodeURIComponent(this.cursor)}` : "";
    this.cursor = null;
    try {
      const page = await api(`/moderation/flags?state=${state}${after}`);
      if (flags !== this.flags) return;
      flags.push(...page.items);
      this.rows.append(...page.items.map((flag) => this.row(flag)));
      this.cursor = page.next_cursor;
      this.select(this.place);
    } catch {
      this.space.replaceChildren(failed(t("moderation.error"), () => this.choose(state)));
    }
  }

  row(flag) {
    const score = scoreOf(flag.concepts);
    const place = () => this.flags.indexOf(flag);
    return h("tr", { tabindex: -1, onclick: () => this.select(place()), "aria-label": flag.prompt },
      h("td", { class: "thumb" }, blurred(flag)),
      h("td", { class: "prompt" }, flag.prompt),
      h("td", {}, h("span", { class: `tag ${flag.state}`, title: flag.reason }, tagOf(flag, score))),
      h("td", { class: "score" }, score ? scoreBar(score) : h("span", { class: "sub" }, t("moderation.not_checked"))),
      h("td", { class: "quiet" }, flag.owner.name),
      h("td", { class: "quiet", title: when(flag.created_at) }, ago(flag.created_at)));
  }

  select(place, focus = false) {
    this.space.replaceChildren(...(this.flags.length ? [] : [this.nothing()]));
    this.shadowRoot.querySelector(".split").hidden = !this.flags.length;
    if (!this.flags.length) return;
    this.place = Math.max(0, Math.min(this.flags.length - 1, place));
    [...this.rows.children].forEach((row, index) => {
      row.classList.toggle("current", index === this.place);
      row.setAttribute("aria-selected", String(index === this.place));
      row.tabIndex = index === this.place ? 0 : -1;
    });
    if (focus) this.rows.children[this.place].focus();
    this.case.flag = this.flags[this.place];
  }

  nothing() {
    const key = this.state === "open" ? "clear" : "none";
    return nothing("shield", t(`moderation.${key}.title`), t(`moderation.${key}.text`));
  }

  async decide({ flag, decision, note }) {
    try {
      await api(`/moderation/flags/${flag.id}/review`, { method: "POST", json: { decision, ...(note && { note }) } });
    } catch (error) {
      toast(t("trouble.action", { reason: error.message }), "bad");
      return;
    }
    toast(t(decision === "release" ? "moderation.was_released" : "moderation.was_rejected", { prompt: flag.prompt.slice(0, 60) }));
    // Whoever went over to the other list meanwhile may have come before the decision.
    if (this.flags.includes(flag)) this.drop(flag);
    else this.choose(this.state);
    document.dispatchEvent(new Event("atelier:decided"));
  }

  drop(flag) {
    const place = this.flags.indexOf(flag);
    this.flags.splice(place, 1);
    this.rows.children[place].remove();
    this.select(this.place, true);
  }
}

/** Return the reason in a word or two; the whole sentence stands in the case. */
function tagOf(flag, score) {
  if (flag.state !== "open") return t(`moderation.state.${flag.state}`);
  return score && score.score > 0 ? score.name : t("moderation.not_checked");
}

function head() {
  return h("thead", {}, h("tr", {}, ["image", "prompt", "reason", "score", "who", "when"].map((name) => h("th", { scope: "col" }, t(`moderation.${name}`)))));
}
