/* What is stopped in an emergency, the way to stop something at once, and to lift it again. */
import { api } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { button, h, icon } from "../core/dom.js";
import { when } from "../core/format.js";
import { t } from "../core/i18n.js";
import { askNotice } from "../core/notice.js";
import { store } from "../core/store.js";
import { sure } from "../overlay/sure.js";
import { say } from "../overlay/toast.js";

export class Emergency {
  constructor() {
    this.list = h("div", { class: "stops" }, h("div", { class: "ghost" }));
    this.before = h("details", { class: "lately", hidden: true });
    this.stop = button({ kind: "button danger", press: () => this.ask() }, icon("warning"), t("emergency.stop"));
    this.element = h("section", { class: "board", "aria-labelledby": "emergency-title" },
      h("h2", { id: "emergency-title" }, t("emergency.title")), h("p", { class: "sub" }, t("emergency.text")),
      this.list, h("div", { class: "row-of" }, this.stop), this.before);
  }

  /** Keep up with it for as long as `host` is in the document. */
  follow(host) {
    host.listen(store, "notice", () => this.look());
    this.look();
  }

  async look() {
    try {
      this.show(await api("/emergency"));
    } catch {
      this.list.replaceChildren(h("p", { class: "nothing" }, t("emergency.error"), " ", button({ kind: "button small", press: () => this.look() }, icon("retry"), t("action.retry"))));
    }
  }

  show(now) {
    this.now = now;
    this.list.replaceChildren(...(now.stops.length ? now.stops.map((one) => this.row(one)) : [h("p", { class: "nothing" }, t("emergency.none"))]));
    this.before.hidden = !now.lately.length;
    this.before.replaceChildren(h("summary", {}, t("emergency.lately")), h("ul", {}, now.lately.map((one) => h("li", {},
      t("emergency.lifted", { what: nameOf(one, now), since: when(one.since), lifted: when(one.lifted_at) }), h("span", {}, one.reason)))));
  }

  row(one) {
    const about = one.by ? t("emergency.since.by", { since: when(one.since), name: one.by }) : t("emergency.since", { since: when(one.since) });
    return h("div", { class: "stop-of" }, icon("warning"),
      h("div", {}, h("h3", {}, nameOf(one, this.now)), h("p", {}, one.reason), h("small", {}, about)),
      button({ press: () => this.lift(one) }, icon("play"), t("emergency.lift")));
  }

  async ask() {
    const { askForStop } = await import("./emergency_form.js");
    await askForStop(this.now ?? await api("/emergency"), () => this.changed());
    this.stop.focus();
  }

  async lift(one) {
    if (!await sure("emergency.lifting", { what: nameOf(one, this.now) }, "primary")) return;
    if (!await attempt(() => api(`/emergency/stops/${one.id}/lift`, { method: "POST" }))) return;
    say(t("emergency.said.lifted"));
    await this.changed();
    this.stop.focus();
  }

  changed() {
    return Promise.all([askNotice(), this.look()]);
  }
}

/** Return what a stop is of, in words. */
function nameOf({ scope, name }, { categories }) {
  if (scope === "everything") return t("emergency.scope.everything");
  return t(`emergency.of.${scope}`, { name: categories.find((one) => scope === "category" && one.name === name)?.title ?? name });
}
