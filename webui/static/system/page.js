/* How the studio stands, for administrators: what needs somebody, every check, and the notice to everybody. */
import { api } from "../core/api.js";
import { AtElement } from "../core/element.js";
import { button, h, icon } from "../core/dom.js";
import { lasting, number, time } from "../core/format.js";
import { Looking } from "../core/looking.js";
import { t } from "../core/i18n.js";
import { checkRows, sorted } from "./checks.js";
import { Board } from "./board.js";
import { Emergency } from "./emergency.js";

const EVERY_MS = 15_000;

export class System extends AtElement {
  static sheets = ["lists", "strip", "system"];

  render() {
    this.about = h("span", { class: "sub" });
    this.verdict = h("div", { role: "status" });
    this.list = h("section", { "aria-label": t("system.checks") }, Array.from({ length: 6 }, () => h("div", { class: "ghost" })));
    this.board = new Board();
    this.emergency = new Emergency();
    this.shadowRoot.append(
      h("header", { class: "bar" }, h("h1", {}, t("system.title")), this.about),
      this.verdict, this.list, this.emergency.element, this.board.element, elsewhere());
  }

  connected() {
    this.looking = new Looking(() => this.look(), EVERY_MS);
    this.board.follow(this);
    this.emergency.follow(this);
  }

  disconnected() {
    this.looking.stop();
  }

  async look() {
    try {
      this.show(await api("/system"));
    } catch {
      this.failed();
    }
  }

  show(told) {
    this.told = told;
    const up = lasting((Date.parse(told.checked_at) - Date.parse(told.started_at)) / 1000);
    const words = told.processes ? "system.about.several" : "system.about";
    this.about.textContent = t(words, { version: told.version, up, count: number(told.processes ?? 1), time: time(told.checked_at) });
    const amiss = told.checks.filter((one) => one.state !== "ok");
    const worst = amiss.some((one) => one.state === "bad") ? "bad" : amiss.length ? "warn" : "ok";
    this.say(worst, amiss.length);
    const seen = JSON.stringify(told.checks);
    if (seen === this.seen) return;
    this.seen = seen;
    const focused = this.shadowRoot.activeElement?.dataset.of;
    this.list.replaceChildren(checkRows(sorted(told.checks)));
    if (focused) this.list.querySelector(`[data-of="${focused}"]`)?.focus();
  }

  say(worst, count) {
    const title = count > 1 ? t("system.several", { count: number(count) }) : t(count ? "system.one" : "system.well");
    if (this.said === `${worst}${title}`) return;
    this.said = `${worst}${title}`;
    this.verdict.replaceChildren(verdict(worst, title, t(`system.${worst}.text`)));
  }

  failed() {
    this.said = this.seen = null;
    if (this.told) return this.verdict.replaceChildren(verdict("bad", t("system.stale.title"), t("system.stale.text", { time: time(this.told.checked_at) })));
    this.list.replaceChildren(h("div", { class: "empty" }, icon("warning"), h("h2", {}, t("system.error")),
      h("p", {}, t("system.error.text")), button({ press: () => this.looking.now() }, icon("retry"), t("action.retry"))));
  }
}

const PICTURES = { ok: "check", warn: "warning", bad: "close" };

const verdict = (state, title, text) => h("div", { class: `verdict ${state}` }, icon(PICTURES[state]), h("div", {}, h("h2", {}, title), h("p", {}, text)));

function elsewhere() {
  const links = [["queue", "/admin"], ["audit", "/people?show=audit"], ["metrics", "/docs"]];
  return h("nav", { class: "elsewhere", "aria-label": t("system.elsewhere") },
    links.map(([name, href]) => h("a", { class: "button small", href }, t(`system.to.${name}`), icon("right"))));
}
