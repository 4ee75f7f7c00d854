/* Roles: what those who have one may do, and with which models they may draw. */
import { api } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { button, h, icon } from "../core/dom.js";
import { checks } from "../core/form.js";
import { number } from "../core/format.js";
import { has, t } from "../core/i18n.js";
import { sure } from "../overlay/sure.js";
import { toast } from "../overlay/toast.js";
import { failed, ghosts, roleName } from "./parts.js";

export class Roles {
  constructor() {
    this.name = h("input", { class: "picker words", type: "text", maxlength: 40, required: true, pattern: "[a-z][a-z0-9\\-]*", title: t("roles.name.hint"), "aria-label": t("roles.name"), placeholder: t("roles.name"), autocomplete: "off", spellcheck: "false" });
    this.list = h("div", { class: "hooks" }, ghosts());
    this.element = h("div", {}, h("p", { class: "hint" }, t("roles.text")),
      h("form", { class: "filters", onsubmit: (event) => { event.preventDefault(); this.add(); } }, this.name, h("button", { class: "button primary", type: "submit" }, icon("plus"), t("roles.add"))),
      this.list);
  }

  async look() {
    try {
      const [roles, models] = await Promise.all([api("/roles"), api("/models").catch(() => [])]);
      this.list.replaceChildren(...roles.items.map((role) => new RoleCard(role, roles.permissions, models.map((card) => card.name), () => this.look()).element));
    } catch {
      this.list.replaceChildren(failed(() => this.look()));
    }
  }

  async add() {
    const name = this.name.value.trim();
    const done = await attempt(() => api("/roles", { method: "POST", json: { name, permissions: ["browse"] } }));
    if (!done) return;
    toast(t("roles.said.added"));
    this.name.value = "";
    await this.look();
  }
}

class RoleCard {
  constructor(role, permissions, offered, changed) {
    this.role = role;
    this.changed = changed;
    const title = roleName(role.name);
    const models = [...new Set([...offered, ...role.models])];
    this.permissions = permissions.map((one) => box(one, role.permissions.includes(one), () => this.touched()));
    this.models = models.map((one) => box(one, role.models.includes(one), () => this.touched()));
    this.every = h("small", { class: "every" });
    this.save = button({ kind: "button small primary", hidden: true, press: () => this.send() }, icon("check"), t("roles.save"));
    const trash = !role.permanent && button({ kind: "button small bad", label: t("roles.delete.label", { name: title }), press: () => this.drop() }, icon("trash"), t("roles.delete"));
    this.element = h("article", { class: "hook role", "aria-label": title }, h("div", { class: "about" },
      h("header", {}, h("h3", {}, title), h("span", { class: "tag plain" }, t("roles.people", { count: number(role.people) })), title !== role.name && h("code", {}, role.name)),
      boxes(t("roles.permissions"), this.permissions, (name) => (has(`permission.${name}`) ? t(`permission.${name}`) : name)),
      models.length > 0 && boxes(t("roles.models"), this.models, (name) => name, this.every),
      h("div", { class: "acts" }, this.save, trash)));
    this.tell();
  }

  get wanted() {
    const chosen = (list) => list.filter((one) => one.checked).map((one) => one.value);
    return { permissions: chosen(this.permissions), models: chosen(this.models) };
  }

  touched() {
    this.save.hidden = false;
    this.tell();
  }

  tell() {
    this.every.textContent = t(this.wanted.models.length ? "roles.models.some" : "roles.models.every");
  }

  async send() {
    const done = await attempt(() => api(`/roles/${this.role.name}`, { method: "PATCH", json: this.wanted }));
    if (!done) return;
    toast(t("roles.said.saved"));
    this.save.hidden = true;
    this.permissions[0]?.focus();
  }

  async drop() {
    const name = roleName(this.role.name);
    const really = await sure("roles.delete", { name });
    if (!really) return;
    const done = await attempt(() => api(`/roles/${this.role.name}`, { method: "DELETE" }));
    if (done) this.changed();
  }
}

function box(value, checked, changed) {
  return h("input", { type: "checkbox", value, checked, onchange: changed });
}

function boxes(title, list, named, ...below) {
  return h("fieldset", {}, h("legend", {}, title), checks(list, named), below);
}
