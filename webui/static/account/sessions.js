/* Signed-in browsers: where one is signed in, and signing the others out. */
import { api } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { AtElement } from "../core/element.js";
import { button, h, icon } from "../core/dom.js";
import { ago, when } from "../core/format.js";
import { t } from "../core/i18n.js";
import { sure } from "../overlay/sure.js";
import { toast } from "../overlay/toast.js";

export class Sessions extends AtElement {
  static sheets = ["lists", "account"];

  render() {
    this.othersButton = button({ press: () => this.endOthers(), hidden: true }, icon("out"), t("sessions.others"));
    this.list = h("ul", { class: "rows" }, h("li", { class: "ghost row-ghost", "aria-hidden": "true" }));
    this.shadowRoot.append(h("section", { "aria-labelledby": "heading" },
      h("header", { class: "section" }, h("div", {}, h("h2", { id: "heading", tabindex: -1 }, t("sessions.title")), h("p", { class: "sub" }, t("sessions.text"))), this.othersButton),
      this.list));
    this.load();
  }

  async load() {
    try {
      const sessions = await api("/me/sessions");
      this.othersButton.hidden = sessions.length < 2;
      this.list.replaceChildren(...sessions.map((one) => this.row(one)));
    } catch {
      this.list.replaceChildren(h("li", { class: "none" }, icon("warning"), t("sessions.error"), button({ kind: "button small", press: () => this.load() }, icon("retry"), t("action.reload"))));
    }
  }

  row(one) {
    const name = device(one);
    return h("li", { class: "row", "aria-label": name },
      h("div", { class: "what" }, h("b", {}, name), one.current && h("span", { class: "tag ok" }, t("sessions.current")),
        h("p", { class: "facts" }, this.facts(one))),
      !one.current && button({ kind: "button small", label: t("sessions.end.label", { device: name }), press: ({ currentTarget }) => this.end(one, currentTarget) }, icon("out"), t("sessions.end")));
  }

  facts({ current, created_at: created, last_seen_at: seen }) {
    return h("span", { title: when(created) }, [!current && t("sessions.seen", { time: ago(seen) }), t("sessions.begun", { time: ago(created) })].filter(Boolean).join(" · "));
  }

  async end(one, pressed) {
    pressed.disabled = true;
    const done = await attempt(() => api(`/me/sessions/${one.id}`, { method: "DELETE" }));
    if (done) toast(t("sessions.ended"));
    await this.load();
    this.shadowRoot.getElementById("heading").focus();
  }

  async endOthers() {
    const really = await sure("sessions.others");
    if (!really) return;
    const done = await attempt(() => api("/me/sessions", { method: "DELETE" }));
    if (done) toast(t("sessions.others.ended"));
    await this.load();
    this.shadowRoot.getElementById("heading").focus();
  }
}

function device({ browser, system }) {
  if (browser && system) return t("sessions.device", { browser, system });
  return browser ?? system ?? t("sessions.unknown");
}
