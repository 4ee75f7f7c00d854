/* History: the library of prompts. Every generation of this person by day, newest first, loaded as one scrolls. */
import { api } from "../core/api.js";
import { AtElement } from "../core/element.js";
import { button, h, icon } from "../core/dom.js";
import { day, daysAgo } from "../core/format.js";
import { t } from "../core/i18n.js";
import { onKey } from "../core/keys.js";
import { failed, nothing } from "../core/lists.js";
import { learn, store } from "../core/store.js";
import { openViewerFor } from "../viewer/viewer.js";
import { Run } from "./run.js";

const PAGE = 24;
const TYPING_MS = 250;

export class History extends AtElement {
  static sheets = ["feed", "history"];

  render() {
    const asked = new URLSearchParams(location.search);
    this.query = asked.get("q") ?? "";
    this.pinned = asked.get("show") === "pinned";
    this.input = h("input", { type: "search", placeholder: t("history.search"), "aria-label": t("history.search"), value: this.query, maxlength: 200 });
    this.days = h("div", { class: "days" });
    this.foot = h("div", { class: "foot", "aria-live": "polite" });
    this.shadowRoot.append(h("header", { class: "bar" }, h("h1", {}, t("history.title")), this.filter(), h("label", { class: "search" }, icon("search"), this.input)), this.days, this.foot);
    this.input.addEventListener("input", () => this.typed());
  }

  /** Return the switch between everything and what is pinned. */
  filter() {
    return button({
      kind: "button small filter", "aria-pressed": String(this.pinned),
      press: (event) => {
        this.pinned = !this.pinned;
        event.currentTarget.setAttribute("aria-pressed", String(this.pinned));
        this.readdress();
        this.restart();
      },
    }, icon("pin"), t("history.pinned"));
  }

  connected() {
    onKey("/", () => this.input.focus());
    this.listen(store, "generation", ({ detail }) => { if (!detail.before && this.live(detail.generation)) this.place(detail.generation, true); });
    this.observer = new IntersectionObserver((seen) => { if (seen.some((one) => one.isIntersecting)) this.more(); }, { rootMargin: "900px" });
    this.observer.observe(this.foot);
    this.restart();
    const image = new URLSearchParams(location.search).get("image");
    if (image) openViewerFor(image);
  }

  disconnected() {
    this.observer.disconnect();
  }

  /** Say whether a generation that the store just learned belongs on top: it is new and nothing is filtered. */
  live(generation) {
    return this.started && !this.query && !this.pinned && !this.loading && daysAgo(generation.created_at) === 0 && !this.runs.has(generation.id);
  }

  typed() {
    clearTimeout(this.pause);
    const query = this.input.value.trim();
    this.pause = setTimeout(() => {
      if (query === this.query) return;
      this.query = query;
      this.readdress();
      this.restart();
    }, TYPING_MS);
  }

  /** Have the address say what is looked for, so that it can be kept and shared. */
  readdress() {
    const address = new URL(location.href);
    for (const [name, value] of [["q", this.query], ["show", this.pinned && "pinned"]]) {
      if (value) address.searchParams.set(name, value);
      else address.searchParams.delete(name);
    }
    history.replaceState(null, "", address);
  }

  restart() {
    this.request?.abort();
    this.request = new AbortController();
    this.runs = new Map();
    this.last = null;
    this.cursor = null;
    this.started = this.ended = this.loading = false;
    this.days.replaceChildren(ghosts());
    this.more();
  }

  async more() {
    if (this.loading || this.ended) return;
    this.loading = true;
    const { signal } = this.request;
    try {
      const page = await api(`/generations?${this.wanted()}`, { signal });
      if (!this.started) this.days.replaceChildren();
      this.started = true;
      page.items.forEach((one) => { learn(one); this.place(one); });
      this.cursor = page.next_cursor;
      this.ended = !page.next_cursor;
      this.foot.replaceChildren(...this.footer());
    } catch (error) {
      if (signal.aborted) return;
      this.failed();
    } finally {
      if (!signal.aborted) this.loading = false;
    }
    if (!this.ended && this.foot.getBoundingClientRect().top < innerHeight + 900 && !this.broken) this.more();
  }

  wanted() {
    return new URLSearchParams({ limit: PAGE, ...(this.query && { q: this.query }), ...(this.pinned && { pinned: true }), ...(this.cursor && { cursor: this.cursor }) });
  }

  /** Add the row of a generation: at the end, or on top for what is new. The one after it in time is compared with it. */
  place(generation, first = false) {
    if (this.runs.has(generation.id)) return;
    const group = this.dayOf(generation, first);
    const run = runOf(generation);
    const newest = this.runs.values().next().value;
    this.runs.set(generation.id, run);
    if (first) {
      group.prepend(run);
      run.before = newest?.generation ?? null;
      this.runs = new Map([[generation.id, run], ...this.runs]);
      this.foot.replaceChildren(...this.footer());
    } else {
      group.append(run);
      if (this.last) this.last.before = generation;
      this.last = run;
    }
  }

  /** Return the rows of a generation's day; a new one goes last, or first for what is new. */
  dayOf(generation, first) {
    const name = dayName(generation.created_at);
    const found = [...this.days.children].find((one) => one.dataset.day === name);
    if (found) return found.lastElementChild;
    const section = h("section", { "data-day": name }, h("h2", {}, name), h("div", { class: "runs" }));
    if (first) this.days.prepend(section);
    else this.days.append(section);
    return section.lastElementChild;
  }

  footer() {
    if (!this.ended) return [h("span", { class: "spinner", role: "progressbar", "aria-label": t("history.title") })];
    if (this.runs.size) return [h("span", { class: "sub" }, t("history.end"))];
    if (this.query) return [this.noMatch()];
    return [this.pinned ? nothingPinned() : nothingYet()];
  }

  noMatch() {
    const clear = () => { this.input.value = ""; this.typed(); this.input.focus(); };
    return nothing("search", t("history.none.title"), t("history.none.text"), button({ press: clear }, t("history.clear")));
  }

  failed() {
    if (!this.started) this.days.replaceChildren();
    this.broken = true;
    const again = () => { this.broken = false; this.foot.replaceChildren(); this.more(); };
    this.foot.replaceChildren(failed(t("history.error"), again));
  }
}

function runOf(generation) {
  const run = new Run();
  run.generation = generation;
  return run;
}

function nothingPinned() {
  return nothing("pin", t("history.unpinned.title"), t("history.unpinned.text"));
}

function nothingYet() {
  return nothing("history", t("history.empty.title"), t("history.empty.text"),
    h("a", { class: "button primary", href: "/" }, t("history.empty.action")));
}

function dayName(iso) {
  const ago = daysAgo(iso);
  if (ago <= 0) return t("history.today");
  return ago === 1 ? t("history.yesterday") : day(iso);
}

function ghosts() {
  return h("div", { class: "runs", "aria-hidden": "true" }, Array.from({ length: 6 }, () => h("div", { class: "ghost" })));
}
