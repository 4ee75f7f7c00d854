/* One person among all: their role, team and standing, each changed where it stands. */
import { api } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { button, h, icon } from "../core/dom.js";
import { ago, when } from "../core/format.js";
import { t } from "../core/i18n.js";
import { sure } from "../overlay/sure.js";
import { toast } from "../overlay/toast.js";
import { picker, roleName } from "./parts.js";

const KINDS = { waiting: "warn", active: "ok", deactivated: "plain" };

export class PersonRow {
  /** `changed` is given the row after something was changed in it. */
  constructor(person, teams, roles, changed) {
    this.changed = changed;
    this.teams = teams;
    this.roles = roles;
    this.row = h("tr", { "data-id": person.id });
    this.show(person);
  }

  show(person) {
    const focused = this.row.getRootNode().activeElement?.dataset?.part;
    this.person = person;
    const { name, email, standing, signed_in_at: seen } = person;
    this.row.replaceChildren(
      h("td", { class: "person" }, h("span", {}, name || email), h("small", { title: email }, email), h("small", { class: "also" }, t(`people.standing.${standing}`))),
      h("td", {}, this.rolePicker(), person.role_is_pinned && h("small", { class: "pinned", title: t("people.pinned.hint") }, t("people.pinned"))),
      h("td", {}, this.teamPicker()),
      h("td", {}, h("span", { class: `tag ${KINDS[standing]}` }, t(`people.standing.${standing}`))),
      h("td", { class: "quiet", title: seen ? when(seen) : null }, seen ? ago(seen) : t("people.never")),
      h("td", { class: "act" }, this.acts()));
    if (focused) this.row.querySelector(`[data-part="${focused}"]`)?.focus();
  }

  rolePicker() {
    const { name, role, role_is_pinned: pinned } = this.person;
    const pairs = [...this.roles.map((one) => [one.name, roleName(one.name)]), ...(pinned ? [["", t("people.unpin")]] : [])];
    const select = picker(t("people.role.of", { name }), pairs, role, (value) => this.change({ role: value || null }, "people.said.role"));
    select.dataset.part = "role";
    return select;
  }

  teamPicker() {
    const { name, team } = this.person;
    const pairs = [["", t("people.no_team")], ...this.teams.map((one) => [one.id, one.name])];
    const select = picker(t("people.team.of", { name }), pairs, team?.id ?? "", (value) => this.change({ team_id: value || null }, "people.said.team"));
    select.dataset.part = "team";
    return select;
  }

  acts() {
    const { standing, name } = this.person;
    const act = (word, picture, press, kind = "") => button({ kind: `button small ${kind}`, label: t(`people.${word}.label`, { name }), press, "data-part": "standing" }, icon(picture), t(`people.${word}`));
    if (standing === "active") return act("deactivate", "lock", () => this.shutOut(), "bad");
    return act(standing === "waiting" ? "approve" : "reactivate", "check", () => this.change({ standing: "active" }, "people.said.let_in"), standing === "waiting" ? "primary" : "");
  }

  async shutOut() {
    const { name } = this.person;
    const really = await sure("people.deactivate", { name });
    if (really) await this.change({ standing: "deactivated" }, "people.said.shut_out");
  }

  /** Change something; what could not be changed is shown as it was. */
  async change(wanted, said) {
    const { id, name } = this.person;
    await attempt(async () => {
      this.person = await api(`/people/${id}`, { method: "PATCH", json: wanted });
      toast(t(said, { name }));
    });
    this.show(this.person);
    this.changed(this.row);
  }
}
