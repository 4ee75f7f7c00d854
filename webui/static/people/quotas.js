/* Quotas: how many credits a person, a team or each person of a role may spend, what was spent, and what holds otherwise. */
import { api } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { button, h, icon } from "../core/dom.js";
import { credits } from "../core/format.js";
import { Pager } from "../core/pager.js";
import { t } from "../core/i18n.js";
import { sure } from "../overlay/sure.js";
import { toast } from "../overlay/toast.js";
import { failed, ghosts, picker, roleName, table } from "./parts.js";
import { KINDS, changedQuota, newQuota } from "./quota_form.js";

const PAGE = 50;
const COLUMNS = ["who", "today", "month"];

export class Quotas {
  constructor() {
    this.addButton = button({ kind: "button primary", press: () => this.add() }, icon("plus"), t("quotas.add"));
    this.top = h("div");
    this.of = "";
    const kinds = picker(t("quotas.filter"), [["", t("quotas.filter")], ...KINDS.map((kind) => [kind, t(`quotas.of.${kind}`)])], "", (kind) => this.filter(kind));
    this.list = h("div", {}, ghosts());
    this.anew();
    this.element = h("div", {}, h("div", { class: "section" }, h("p", { class: "hint" }, t("quotas.text")), this.addButton), this.top,
      h("div", { class: "filters", role: "search" }, kinds), this.list);
  }

  anew() {
    this.pager = new Pager(PAGE, () => this.look());
  }

  filter(kind) {
    this.of = kind;
    this.anew();
    this.look();
  }

  async look() {
    const asked = (this.asked = {});
    const query = this.pager.query;
    if (this.of) query.set("of", this.of);
    try {
      const page = await api(`/quotas?${query}`);
      if (this.asked === asked) this.show(page);
    } catch {
      if (this.asked === asked) this.list.replaceChildren(failed(() => this.look()));
    }
  }

  show({ items, next_cursor: next, otherwise }) {
    if (!this.pager.learn(items.length, next)) return;
    const rows = h("tbody", {}, items.map((one) => this.row(one)), rest(otherwise));
    const shown = table(t("people.view.quotas"), [...COLUMNS.map((name) => t(`quotas.column.${name}`)), ""], rows);
    shown.classList.add("quotas");
    this.list.replaceChildren(shown, this.pager.element);
    this.openFor(items);
  }

  row(quota) {
    const name = nameOf(quota);
    return h("tr", { "data-id": quota.id },
      whose(name, quota.email ?? t(`quotas.row.${quota.of}`)),
      spent(t("quotas.column.today"), quota.used_today, quota.credits_per_day),
      spent(t("quotas.column.month"), quota.used_this_month, quota.credits_per_month),
      h("td", { class: "act" }, h("div", { class: "row-of" },
        button({ kind: "button small", label: t("quotas.change.label", { name }), press: () => this.change(quota, name) }, icon("create"), t("quotas.change")),
        button({ kind: "button small bad", label: t("quotas.remove.label", { name }), press: () => this.remove(quota, name) }, icon("trash"), t("quotas.remove")))));
  }

  /** Open the form for the person whom the address names, once: it changes their quota, or makes one. */
  async openFor(items) {
    const address = new URL(location.href);
    const person = address.searchParams.get("person");
    if (!person) return;
    address.searchParams.delete("person");
    history.replaceState(history.state, "", address);
    const quota = items.find(({ of, subject }) => of === "person" && subject === person);
    if (quota) return this.change(quota, nameOf(quota));
    await attempt(async () => {
      const [{ name, email }, { items: found }] = await Promise.all([api(`/people/${encodeURIComponent(person)}`), api(`/quotas?${new URLSearchParams({ of: "person", subject: person })}`)]);
      this.open(changedQuota({ quota: found[0] ?? { of: "person", subject: person }, name: name || email, ...this.after() }));
    });
  }

  async add() {
    await attempt(async () => {
      const [roles, teams] = await Promise.all([api("/roles"), api("/teams")]);
      this.open(newQuota({ roles: roles.items, teams, ...this.after() }));
    });
  }

  change(quota, name) {
    const opener = this.list.querySelector(`[data-id="${quota.id}"] button`);
    this.open(changedQuota({ quota, name, ...this.after(opener) }));
  }

  /** What follows the form: the row that was set, or where one was before. */
  after(opener = this.addButton) {
    const done = async ({ id }) => {
      this.close();
      toast(t("quotas.said.set"));
      await this.look();
      this.list.querySelector(`[data-id="${id}"] button`)?.focus();
    };
    const leave = () => {
      this.close();
      opener.focus();
    };
    return { done, leave };
  }

  open(form) {
    this.addButton.hidden = true;
    this.top.replaceChildren(form.element);
    form.focus();
  }

  close() {
    this.top.replaceChildren();
    this.addButton.hidden = false;
  }

  async remove({ id }, name) {
    const really = await sure("quotas.remove", { name });
    if (!really) return;
    const done = await attempt(() => api(`/quotas/${id}`, { method: "DELETE" }));
    if (!done) return;
    toast(t("quotas.said.removed"));
    await this.look();
    this.addButton.focus();
  }
}

const nameOf = ({ of, subject, name }) => (of === "role" ? roleName(subject) : name || t("quotas.gone", { id: subject }));

/** Return the row of everybody whom no quota names. */
function rest({ credits_per_day: day, credits_per_month: month }) {
  return h("tr", { class: "rest" }, whose(t("quotas.otherwise"), t("quotas.otherwise.hint")),
    spent(t("quotas.column.today"), null, day), spent(t("quotas.column.month"), null, month), h("td", { class: "act" }));
}

function whose(name, text) {
  return h("td", { class: "person" }, h("span", { title: name }, name), h("small", { title: text }, text));
}

/** Return a cell with what was spent of a limit; where nothing is summed up, the limit alone. */
function spent(period, used, limit) {
  const values = { used: used === null ? "" : credits(used), limit: limit === null ? "" : credits(limit) };
  const word = `${used === null ? "each" : "used"}.${limit === null ? "unlimited" : "limited"}`;
  const full = used !== null && limit !== null && used >= limit;
  return h("td", { class: `spent${full ? " full" : ""}`, "data-period": period }, h("span", {}, t(`quotas.${word}`, values)),
    used !== null && limit !== null && h("progress", { max: Math.max(limit, Number.EPSILON), value: Math.min(used, limit), "aria-label": period }));
}
