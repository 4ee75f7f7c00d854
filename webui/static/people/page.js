/* People, for administrators: who may come in and what they are, invites, teams, roles, quotas, and the audit. */
import { AtElement } from "../core/element.js";
import { button, h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { Audit } from "./audit.js";
import { Everybody } from "./everybody.js";
import { Invites } from "./invites.js";
import { Quotas } from "./quotas.js";
import { Roles } from "./roles.js";
import { Teams } from "./teams.js";

const VIEWS = { everybody: Everybody, invites: Invites, teams: Teams, roles: Roles, quotas: Quotas, audit: Audit };
const [FIRST] = Object.keys(VIEWS);

export class People extends AtElement {
  static sheets = ["lists", "account", "people"];

  render() {
    this.views = {};
    this.tabs = h("div", { class: "tabs", role: "tablist", "aria-label": t("people.views") }, Object.keys(VIEWS).map((view) => this.tab(view)));
    this.space = h("div", { role: "tabpanel", id: "space" });
    this.shadowRoot.append(h("header", { class: "bar" }, h("h1", {}, t("people.title")), this.tabs), this.space);
    const wanted = new URLSearchParams(location.search).get("show");
    this.choose(wanted in VIEWS ? wanted : FIRST);
  }

  tab(view) {
    return button({ kind: "tab", role: "tab", "data-view": view, "aria-controls": "space", press: () => this.choose(view) }, t(`people.view.${view}`));
  }

  choose(view) {
    for (const tab of this.tabs.children) tab.setAttribute("aria-selected", String(tab.dataset.view === view));
    this.views[view] ??= new VIEWS[view]();
    this.tabs.querySelector("[aria-selected=true]").scrollIntoView?.({ block: "nearest", inline: "nearest" });
    this.space.replaceChildren(this.views[view].element);
    const address = new URL(location.href);
    if (view === FIRST) address.searchParams.delete("show");
    else address.searchParams.set("show", view);
    history.replaceState(history.state, "", address);
    this.views[view].look();
  }
}
