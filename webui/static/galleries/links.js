/* Share links of a gallery: made with what a guest may do, shown this once, revoked. */
import { api } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { focusSecret, secretPanel } from "../account/secret.js";
import { button, h, icon } from "../core/dom.js";
import { Form, check, field } from "../core/form.js";
import { moment, number, when } from "../core/format.js";
import { t } from "../core/i18n.js";
import { wear } from "../core/styles.js";
import { overlay } from "../overlay/overlay.js";
import { sure } from "../overlay/sure.js";
import { toast } from "../overlay/toast.js";
import { ask } from "./parts.js";

const LIVES = [1, 7, 14, 30, 90];
const USUAL_LIFE = 7;
const DOWNLOADS = ["none", "preview", "full"];

/** Open the links of a gallery. */
export async function openLinks(gallery) {
  const links = new Links(`/galleries/${gallery.id}/links`);
  await wear(overlay().shadowRoot, "sharing");
  await ask(t("links.title"), links.element);
  links.look();
}

class Links {
  constructor(path) {
    this.path = path;
    this.add = button({ kind: "button primary", press: () => this.form() }, icon("plus"), t("links.new"));
    this.top = h("div", { class: "top" }, this.add);
    this.list = h("ul", { class: "people" });
    this.element = h("div", { class: "links" }, h("p", {}, t("links.text")), this.top, this.list);
  }

  async look() {
    await attempt(async () => {
      const links = await api(this.path);
      this.list.replaceChildren(...(links.length ? links.map((one) => this.row(one)) : [h("li", { class: "none" }, t("links.none"))]));
    });
  }

  row(one) {
    const facts = [t(`links.downloads.${one.downloads}`), one.has_password && t("links.has_password"), one.prompts && t("links.prompts")].filter(Boolean).join(" · ");
    const visits = t(one.visits === 1 ? "links.visits.one" : "links.visits", { count: number(one.visits) });
    return h("li", {}, h("div", {}, h("b", { title: when(one.expires_at) }, t("links.until", { time: moment(one.expires_at) })), h("small", {}, facts),
      h("small", { title: one.last_visit_at && when(one.last_visit_at) }, `${one.created_by.name} · ${visits}`)),
      button({ kind: "button small bad", press: () => this.revoke(one) }, t("links.revoke")));
  }

  form() {
    const days = h("select", {}, LIVES.map((value) => h("option", { value, selected: value === USUAL_LIFE }, t(value === 1 ? "links.life.day" : "links.life.days", { days: value }))));
    const downloads = h("select", {}, DOWNLOADS.map((value) => h("option", { value }, t(`links.downloads.${value}`))));
    const password = h("input", { type: "text", autocomplete: "off", spellcheck: "false", maxlength: 200 });
    const [prompts, brief] = ["prompts", "brief"].map((name) => h("input", { type: "checkbox", name }));
    const form = new Form({
      title: t("links.new"), act: t("links.make"), leave: () => this.close(),
      fields: [field("expires_in_days", t("links.life"), days), field("downloads", t("links.downloads"), downloads),
        field("password", t("links.password"), password, { hint: t("links.password.hint") }),
        { element: h("div", { class: "checks" }, check(prompts, t("links.prompts.show")), check(brief, t("links.brief.show"))) }],
      read: () => ({ expires_in_days: Number(days.value), downloads: downloads.value, password: password.value || null, prompts: prompts.checked, brief: brief.checked }),
      send: (json) => api(this.path, { method: "POST", json }),
      done: ({ url }) => this.made(url),
    });
    this.top.replaceChildren(form.element);
    form.focus();
  }

  async made(url) {
    this.top.replaceChildren(secretPanel(url, "links.made", () => this.close()));
    focusSecret(this.top);
    await this.look();
  }

  close() {
    this.top.replaceChildren(this.add);
    this.add.focus();
  }

  async revoke({ id }) {
    const really = await sure("links.revoke");
    if (!really) return;
    const done = await attempt(() => api(`${this.path}/${id}`, { method: "DELETE" }));
    if (!done) return;
    toast(t("links.said.revoked"));
    await this.look();
    this.add.focus();
  }
}
