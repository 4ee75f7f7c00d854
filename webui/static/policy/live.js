/* What a draft would do to the latest images, counted anew a moment after each change. */
import { ApiError } from "../core/api.js";
import { button, h, icon } from "../core/dom.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { agreement, byCategory, figures } from "./outcome.js";
import { farOf, words } from "./worded.js";
import { tryPolicy } from "./running.js";

const AT_ONCE = 5_000;
const ALL = 100_000;
const AFTER_MS = 350;

export class Live {
  /** `document` returns the draft as it is now; `on`, once set, is told each report. */
  constructor(number_, document) {
    Object.assign(this, { number: number_, document, on: () => null });
    this.state = h("p", { class: "sub", role: "status" });
    this.found = h("div", { class: "trial" });
    this.all = button({ kind: "button small", press: () => this.look(ALL) }, icon("history"), t("trial.all", { count: number(ALL) }));
    this.element = h("aside", { class: "what-if", "aria-label": t("trial.live") }, h("h3", {}, t("trial.live")), this.state, this.found, this.all);
  }

  soon() {
    clearTimeout(this.timer);
    this.element.classList.add("stale");
    this.timer = setTimeout(() => this.look(), AFTER_MS);
  }

  stop() {
    clearTimeout(this.timer);
    this.running?.abort();
  }

  async look(most = AT_ONCE) {
    this.stop();
    const running = (this.running = new AbortController());
    this.state.textContent = t("trial.running");
    try {
      const report = await tryPolicy(this.number, { document: this.document(), most, signal: running.signal, told: (far) => { this.state.textContent = farOf(far); } });
      this.show(report);
    } catch (error) {
      if (error.name !== "AbortError") this.state.textContent = error instanceof ApiError ? error.fields[0]?.message ?? error.message : t("trial.error");
    }
  }

  show(report) {
    this.element.classList.remove("stale");
    this.state.textContent = t("trial.of_latest", { of: number(report.of) });
    this.found.replaceChildren(...[figures(report), agreement(report), byCategory(report), words(report)].filter(Boolean));
    this.on(report);
  }
}
