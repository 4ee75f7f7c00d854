/* The rail: where one is, where one can go, who one is. A bar at the bottom of a narrow window. */
import { api, may, me } from "./core/api.js";
import { AtElement } from "./core/element.js";
import { button, h, icon } from "./core/dom.js";
import { has, t } from "./core/i18n.js";
import { openKeys } from "./core/keys.js";
import { isDark, toggleTheme } from "./core/theme.js";
import { store } from "./core/store.js";
import { toast } from "./overlay/toast.js";

const LINKS = [["create", "/", "create"], ["library", "/library", "library"], ["galleries", "/galleries", "gallery"], ["history", "/history", "history"], ["recipes", "/recipes", "recipe"]];

const ADMINISTRATION = [["admin", "queue"], ["people", "people"], ["usage", "usage"], ["models", "model"], ["policy", "filter"], ["system", "pulse"]];

export class Rail extends AtElement {
  static sheets = ["rail"];

  render() {
    this.links = h("nav", { "aria-label": t("nav.main") }, LINKS.map((link) => this.link(...link)));
    this.foot = h("div", { class: "foot" }, this.link("account", "/account", "account"), this.themeButton(),
      button({ kind: "item keys", label: t("nav.keys"), press: openKeys }, icon("keys"), h("span", {}, t("nav.keys"))));
    this.shadowRoot.append(
      h("a", { class: "brand", href: "/" }, h("img", { src: "/ui-static/icon.svg", alt: "", width: 28, height: 28 }), h("span", {}, "Atelier")),
      this.links, this.foot);
    me().then((person) => this.welcome(person)).catch(() => null);
  }

  connected() {
    this.listen(document, "atelier:decided", () => this.count());
    this.listen(store, "connection", ({ detail }) => { if (detail.here) this.count(); });
  }

  link(name, href, picture) {
    const here = this.getAttribute("page") === name;
    return h("a", { href, class: "item", id: name, "aria-current": here && "page" }, icon(picture), h("span", {}, t(`nav.${name}`)));
  }

  themeButton() {
    const face = () => [icon(isDark() ? "sun" : "moon"), h("span", {}, t(isDark() ? "nav.theme.light" : "nav.theme.dark"))];
    const toggle = button({ kind: "item", id: "theme", press: () => { toggleTheme(); toggle.replaceChildren(...face()); } }, ...face());
    return toggle;
  }

  welcome(person) {
    if (person.permissions.includes("review")) {
      this.badge = h("b", { class: "badge", hidden: true });
      const link = this.link("moderation", "/moderation", "shield");
      link.append(this.badge);
      this.links.append(link);
      this.count();
    }
    if (person.permissions.includes("administer")) this.links.append(this.administration());
    if (person.permissions.includes("generate")) this.askForVotes();
    this.foot.append(button({ kind: "item", id: "sign-out", press: signOut }, icon("out"), h("span", {}, t("nav.sign_out"))), chip(person));
  }

  /** Show the way to vote while there is a pair that waits for this person. */
  async askForVotes() {
    const open = await api("/ballots").catch(() => []);
    if (open.some(({ voted, ready }) => voted < ready)) this.links.querySelector("#history").after(this.link("vote", "/vote", "compare"));
  }

  /** The pages of administrators under one heading; in a narrow window, behind one button. */
  administration() {
    const inside = ADMINISTRATION.some(([name]) => name === this.getAttribute("page"));
    const pages = h("div", { class: "pages", id: "pages" }, ADMINISTRATION.map(([name, picture]) => this.link(name, `/${name}`, picture)));
    const turn = (open) => { group.classList.toggle("open", open); more.setAttribute("aria-expanded", String(open)); };
    const more = button({ kind: `item more${inside ? " here" : ""}`, "aria-expanded": "false", "aria-controls": "pages", press: () => turn(!group.classList.contains("open")) },
      icon("administration"), h("span", {}, t("nav.administration")));
    const group = h("div", { class: "group", role: "group", "aria-label": t("nav.administration"),
      onfocusout: ({ relatedTarget }) => { if (!group.contains(relatedTarget)) turn(false); },
      onkeydown: ({ key }) => { if (key === "Escape" && group.classList.contains("open")) { turn(false); more.focus(); } } },
      h("p", { class: "heading", "aria-hidden": "true" }, t("nav.administration")), more, pages);
    return group;
  }

  async count() {
    if (!this.badge || !(await may("review"))) return;
    const { items, next_cursor: more } = await api("/moderation/flags?state=open").catch(() => ({ items: [] }));
    this.badge.hidden = !items.length;
    this.badge.textContent = `${items.length}${more ? "+" : ""}`;
    this.badge.setAttribute("aria-label", t("nav.waiting", { count: this.badge.textContent }));
  }
}

function chip(person) {
  const initials = person.name.split(/\s+/).map((part) => part[0]).join("").slice(0, 2).toUpperCase();
  const role = has(`role.${person.role}`) ? t(`role.${person.role}`) : person.role;
  return h("div", { class: "who", title: person.email },
    h("i", { class: "initials", "aria-hidden": "true" }, initials),
    h("div", {}, h("b", {}, person.name), h("span", {}, role)));
}

async function signOut() {
  try {
    const { forgetDraft } = await import("./composer/draft.js");
    const answer = await fetch("/auth/logout", { method: "POST", credentials: "same-origin" });
    const { redirect } = await answer.json();
    forgetDraft();
    location.assign(redirect);
  } catch {
    toast(t("trouble.offline"), "bad");
  }
}
