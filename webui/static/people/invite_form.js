/* The form of a new invite: for whom it is, what they become, and when it ends. */
import { api } from "../core/api.js";
import { h } from "../core/dom.js";
import { Form, field } from "../core/form.js";
import { t } from "../core/i18n.js";
import { offer, roleName } from "./parts.js";

const LIVES = [1, 3, 7, 14, 30];
const USUAL_LIFE = 7;
const LONGEST_NOTE = 80;

/** Return the form; `done` is told the invite that was made, with its link. */
export function inviteForm({ roles, teams, done, leave }) {
  const note = h("input", { type: "text", autocomplete: "off", maxlength: LONGEST_NOTE, placeholder: t("invites.note.placeholder") });
  const role = choice([["", t("people.unpin")], ...roles.map((one) => [one.name, roleName(one.name)])]);
  const team = choice([["", t("people.no_team")], ...teams.map((one) => [one.id, one.name])]);
  const life = choice(LIVES.map((days) => [String(days), t(days === 1 ? "invites.life.day" : "invites.life.days", { days })]), String(USUAL_LIFE));
  return new Form({
    title: t("invites.add.title"), act: t("invites.make"), done, leave,
    fields: [
      field("note", t("invites.note"), note, { hint: t("invites.note.hint") }), field("role", t("invites.role"), role, { hint: t("invites.role.hint") }),
      field("team_id", t("invites.team"), team), field("expires_in_days", t("invites.life"), life),
    ],
    read: () => ({ note: note.value.trim(), role: role.value || null, team_id: team.value || null, expires_in_days: Number(life.value) }),
    send: (wanted) => api("/invites", { method: "POST", json: wanted }),
  });
}

function choice(pairs, value = "") {
  const select = h("select");
  offer(select, pairs, value);
  return select;
}
