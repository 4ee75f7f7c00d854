/* People, for administrators: who may come in and what they are, invites, teams, roles, quotas, and the audit. */
import { AtElement } from "../core/element.js";
import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { Tabs } from "../core/tabs.js";
import { Audit } from "./audit.js";
import { Everybody } from "./everybody.js";
import { Invites } from "./invites.js";
import { Quotas } from "./quotas.js";
import { Roles } from "./roles.js";
import { Teams } from "./teams.js";

const VIEWS = { everybody: Everybody, invites: Invites, teams: Teams, roles: Roles, quotas: Quotas, audit: Audit };

export class People extends AtElement {
  static sheets = ["lists", "account", "people"];

  render() {
    const views = {};
    const names = Object.keys(VIEWS).map((view) => [view, t(`people.view.${view}`)]);
    const tabs = new Tabs(t("people.views"), names, (view) => {
      views[view] ??= new VIEWS[view]();
      views[view].look();
      return views[view].element;
    });
    this.shadowRoot.append(h("header", { class: "bar" }, h("h1", {}, t("people.title")), tabs.element), tabs.space);
    tabs.open();
  }
}
