/* Invites: links that let one person in, once; made, shown this once, and revoked while nobody has used them. */
import { api } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { focusSecret, secretPanel } from "../account/secret.js";
import { button, h, icon } from "../core/dom.js";
import { ago, moment, when } from "../core/format.js";
import { Pager } from "../core/pager.js";
import { t } from "../core/i18n.js";
import { sure } from "../overlay/sure.js";
import { toast } from "../overlay/toast.js";
import { inviteForm } from "./invite_form.js";
import { failed, ghosts, nothing, roleName, table } from "./parts.js";

const PAGE = 50;
const KINDS = { open: "ok", used: "live", expired: "plain", revoked: "plain" };

export class Invites {
  constructor() {
    this.addButton = button({ kind: "button primary", press: () => this.add() }, icon("plus"), t("invites.add"));
    this.top = h("div");
    this.rows = h("tbody");
    this.table = table(t("people.view.invites"), [t("invites.for"), t("invites.by"), t("invites.state"), ""], this.rows);
    this.table.classList.add("invites");
    this.list = h("div", {}, ghosts());
    this.pager = new Pager(PAGE, () => this.look());
    this.element = h("div", {}, h("div", { class: "section" }, h("p", { class: "hint" }, t("invites.text")), this.addButton), this.top, this.list);
  }

  async look() {
    const asked = (this.asked = {});
    try {
      const page = await api(`/invites?${this.pager.query}`);
      if (this.asked === asked) this.show(page);
    } catch {
      if (this.asked === asked) this.list.replaceChildren(failed(() => this.look()));
    }
  }

  show({ items, next_cursor: next }) {
    this.rows.replaceChildren(...items.map((one) => this.row(one)));
    if (!this.pager.learn(items.length, next)) return;
    this.list.replaceChildren(...(items.length ? [this.table, this.pager.element] : [nothing("link", t("invites.empty.title"), t("invites.empty.text"))]));
  }

  row(one) {
    const name = one.note || t("invites.unnamed");
    const gives = [one.role ? roleName(one.role) : t("invites.role.open"), one.team?.name].filter(Boolean).join(" · ");
    const maker = one.created_by ? called(one.created_by) : t("invites.terminal");
    return h("tr", { "data-id": one.id },
      h("td", { class: "person" }, h("span", { title: name }, name), h("small", { title: gives }, gives)),
      h("td", { class: "person" }, h("span", { title: maker }, maker), h("small", { title: when(one.created_at) }, ago(one.created_at))),
      h("td", { class: "fate" }, h("span", { class: `tag ${KINDS[one.state]}` }, t(`invites.state.${one.state}`)), h("small", { title: when(one.used_at ?? one.revoked_at ?? one.expires_at) }, fate(one))),
      h("td", { class: "act" }, one.state === "open" && button({ kind: "button small bad", label: t("invites.revoke.label", { name }), press: () => this.revoke(one, name) }, icon("trash"), t("invites.revoke"))));
  }

  async add() {
    await attempt(async () => {
      const [roles, teams] = await Promise.all([api("/roles"), api("/teams")]);
      const form = inviteForm({ roles: roles.items, teams, done: (made) => this.made(made), leave: () => this.close() });
      this.addButton.hidden = true;
      this.top.replaceChildren(form.element);
      form.focus();
    });
  }

  close() {
    this.top.replaceChildren();
    this.addButton.hidden = false;
    this.addButton.focus();
  }

  /** Show the link, this once, and the list that its invite is in now. */
  async made({ url }) {
    const panel = secretPanel(url, "invites.link", () => this.close());
    this.top.replaceChildren(h("div", { class: "hook fresh" }, panel));
    toast(t("invites.said.made"));
    this.pager = new Pager(PAGE, () => this.look());
    await this.look();
    focusSecret(this.top);
  }

  async revoke({ id }, name) {
    const really = await sure("invites.revoke", { name });
    if (!really) return;
    const done = await attempt(() => api(`/invites/${id}`, { method: "DELETE" }));
    if (done) toast(t("invites.said.revoked"));
    await this.look();
    this.addButton.focus();
  }
}

const called = (person) => person.name || person.email || t("invites.gone");

/** Return what became of an invite, or until when it waits. */
function fate(one) {
  if (one.state === "used") return t("invites.used", { name: one.used_by ? called(one.used_by) : t("invites.gone"), time: ago(one.used_at) });
  if (one.state === "revoked") return one.revoked_at ? ago(one.revoked_at) : t("invites.maker_left");
  return one.state === "open" ? t("invites.until", { time: moment(one.expires_at) }) : ago(one.expires_at);
}
