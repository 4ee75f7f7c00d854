/* Everybody: found by name, role, team and standing; let in, shut out, given a role and a team. */
import { api } from "../core/api.js";
import { h } from "../core/dom.js";
import { Pager } from "../core/pager.js";
import { t } from "../core/i18n.js";
import { failed, ghosts, nothing, offer, picker, roleName, search, table } from "./parts.js";
import { PersonRow } from "./person.js";

const PAGE = 50;
const STANDINGS = ["waiting", "active", "deactivated"];
const COLUMNS = ["who", "role", "team", "standing", "seen"];

export class Everybody {
  constructor() {
    this.wanted = {};
    const pick = (name) => (value) => this.filter(name, value);
    this.role = picker(t("people.filter.role"), [["", t("people.filter.role")]], "", pick("role"));
    this.team = picker(t("people.filter.team"), [["", t("people.filter.team")]], "", pick("team_id"));
    this.standing = picker(t("people.filter.standing"), [["", t("people.filter.standing")], ...STANDINGS.map((one) => [one, t(`people.standing.${one}`)])], "", pick("standing"));
    this.rows = h("tbody");
    this.table = table(t("people.view.everybody"), [...COLUMNS.map((name) => t(`people.column.${name}`)), ""], this.rows);
    this.table.classList.add("everybody");
    this.list = h("div", {}, ghosts());
    this.anew();
    this.element = h("div", {}, h("div", { class: "filters", role: "search" }, search(t("people.filter.words"), pick("q")), this.role, this.team, this.standing), this.list);
  }

  anew() {
    this.pager = new Pager(PAGE, () => this.look());
  }

  filter(name, value) {
    this.wanted[name] = value;
    this.anew();
    this.look();
  }

  async look() {
    const asked = (this.asked = this.asking = {});
    const query = this.pager.query;
    for (const [name, value] of Object.entries(this.wanted)) if (value) query.set(name, value);
    try {
      const [page, teams, roles] = await Promise.all([api(`/people?${query}`), api("/teams"), api("/roles")]);
      if (this.asked === asked) this.show(page, teams, roles.items);
    } catch {
      if (this.asked === asked) this.list.replaceChildren(failed(() => this.look()));
    } finally {
      if (this.asking === asked) this.asking = null;
    }
  }

  /** A list that was asked for before a change would show what was before it: ask again. */
  changed(row) {
    if (this.asking || !row.isConnected) this.look();
  }

  show({ items, next_cursor: next }, teams, roles) {
    offer(this.role, [["", t("people.filter.role")], ...roles.map((role) => [role.name, roleName(role.name)])], this.wanted.role ?? "");
    offer(this.team, [["", t("people.filter.team")], ...teams.map((team) => [team.id, team.name])], this.wanted.team_id ?? "");
    this.rows.replaceChildren(...items.map((one) => new PersonRow(one, teams, roles, (row) => this.changed(row)).row));
    if (!this.pager.learn(items.length, next)) return;
    this.list.replaceChildren(...(items.length ? [this.table, this.pager.element] : [nothing("search", t("people.empty.title"), t("people.empty.text"))]));
  }
}
