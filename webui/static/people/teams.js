/* Teams: made, named anew, removed once it is said where their people go. */
import { api } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { button, h, icon } from "../core/dom.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { openDialog } from "../overlay/dialog.js";
import { toast } from "../overlay/toast.js";
import { failed, ghosts, nothing, picker, table } from "./parts.js";

export class Teams {
  constructor() {
    this.name = h("input", { class: "picker words", type: "text", maxlength: 80, required: true, "aria-label": t("teams.name"), placeholder: t("teams.name"), autocomplete: "off" });
    this.form = h("form", { class: "filters", onsubmit: (event) => { event.preventDefault(); this.add(); } }, this.name,
      h("button", { class: "button primary", type: "submit" }, icon("plus"), t("teams.add")));
    this.list = h("div", {}, ghosts());
    this.element = h("div", {}, h("p", { class: "hint" }, t("teams.text")), this.form, this.list);
  }

  async look() {
    try {
      this.show(await api("/teams"));
    } catch {
      this.list.replaceChildren(failed(() => this.look()));
    }
  }

  show(teams) {
    const rows = h("tbody", {}, teams.map((team) => h("tr", {},
      h("td", { class: "person" }, h("span", {}, team.name)), h("td", { class: "number" }, number(team.people)),
      h("td", { class: "act" }, h("div", { class: "row-of" },
        button({ kind: "button small", label: t("teams.rename.label", { name: team.name }), press: () => this.rename(team) }, icon("create"), t("teams.rename")),
        button({ kind: "button small bad", label: t("teams.delete.label", { name: team.name }), press: () => attempt(() => this.remove(team)) }, icon("trash"), t("teams.delete")))))));
    this.list.replaceChildren(teams.length
      ? table(t("people.view.teams"), [t("teams.name"), t("teams.people"), ""], rows)
      : nothing("account", t("teams.empty.title"), t("teams.empty.text")));
  }

  async add() {
    const name = this.name.value.trim();
    if (!name) return;
    if (await this.tell("/teams", "POST", { name }, "teams.said.added")) this.name.value = "";
    this.name.focus();
  }

  rename(team) {
    const input = h("input", { class: "picker words", type: "text", maxlength: 80, required: true, value: team.name, "aria-label": t("teams.name"), autofocus: true });
    const send = async (event) => {
      event.preventDefault();
      if (await this.tell(`/teams/${team.id}`, "PATCH", { name: input.value.trim() }, "teams.said.renamed")) dialog.close();
    };
    const dialog = openDialog({ title: t("teams.rename.title", { name: team.name }) }, h("form", { class: "asked", onsubmit: send }, input,
      h("div", { class: "choices" }, button({ press: () => dialog.close() }, t("action.leave")), h("button", { class: "button primary", type: "submit" }, t("teams.save")))));
  }

  /** Ask what becomes of the people who are in the team now: the list may be from before somebody came or left. */
  async remove({ id }) {
    const teams = await api("/teams");
    const team = teams.find((one) => one.id === id);
    if (!team) return this.show(teams);
    let into = "none";
    const others = teams.filter((one) => one.id !== id).map((one) => [one.id, one.name]);
    const where = team.people ? picker(t("teams.move"), [["none", t("people.no_team")], ...others], into, (value) => { into = value; }) : null;
    const send = async () => {
      if (await this.tell(`/teams/${team.id}${team.people ? `?move_to=${into}` : ""}`, "DELETE", undefined, "teams.said.deleted")) dialog.close();
    };
    const dialog = openDialog({ title: t("teams.delete.title", { name: team.name }) },
      h("p", {}, team.people ? t("teams.delete.people", { count: number(team.people) }) : t("teams.delete.nobody")), where,
      h("div", { class: "choices" }, button({ autofocus: true, press: () => dialog.close() }, t("action.leave")), button({ kind: "button danger", press: send }, t("teams.delete.act"))));
  }

  tell(path, method, json, said) {
    return attempt(async () => {
      await api(path, { method, json });
      toast(t(said));
      await this.look();
    });
  }
}
