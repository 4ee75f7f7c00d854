/* The audit: who did what, found by kind, person, thing and day; taken away as a file; its end checked. */
import { api } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { button, h, icon } from "../core/dom.js";
import { number, when } from "../core/format.js";
import { Pager } from "../core/pager.js";
import { t } from "../core/i18n.js";
import { failed, ghosts, nothing, picker, search, table } from "./parts.js";

const PAGE = 50;
const KINDS = ["person", "role", "team", "invite", "quota", "session", "api_key", "generation", "image", "gallery", "link", "webhook", "queue", "audit"];
const COLUMNS = ["when", "who", "verb", "subject", "detail"];

export class Audit {
  constructor() {
    this.wanted = {};
    const pick = (name) => (value) => this.filter(name, value);
    const day = (name, shift) => h("input", { class: "picker", type: "date", "aria-label": t(`audit.${name}`), title: t(`audit.${name}`), onchange: (event) => this.filter(name, moment(event.target.value, shift)) });
    this.chips = h("div", { class: "chips" });
    this.files = h("div", { class: "row-of files" });
    this.notice = h("div", { class: "notices", role: "status" });
    this.rows = h("tbody");
    this.table = table(t("people.view.audit"), COLUMNS.map((name) => t(`audit.column.${name}`)), this.rows);
    this.table.classList.add("audit");
    this.list = h("div", {}, ghosts());
    this.subject = search(t("audit.subject"), pick("subject"));
    this.element = h("div", {},
      h("div", { class: "filters", role: "search" },
        picker(t("audit.kind"), [["", t("audit.kind")], ...KINDS.map((kind) => [`${kind}.`, t(`audit.kind.${kind}`)])], "", pick("verb")),
        this.subject, day("since", 0), day("until", 1), this.chips, this.files),
      this.notice, this.list);
    this.anew();
  }

  anew() {
    this.pager = new Pager(PAGE, () => this.look());
    const query = this.query(new URLSearchParams());
    const file = (format) => h("a", { class: "button small", href: `/api/v1/audit/export?${new URLSearchParams([...query, ["format", format]])}`, download: `atelier-audit.${format}` }, icon("download"), format.toUpperCase());
    this.files.replaceChildren(file("csv"), file("jsonl"), button({ kind: "button small", press: () => this.check() }, icon("shield"), t("audit.check")));
    this.chips.replaceChildren(...(this.who ? [button({ kind: "button small chip", label: t("audit.who.clear"), press: () => this.by(null) }, t("audit.by", { name: this.who }), icon("close"))] : []));
  }

  query(query) {
    for (const [name, value] of Object.entries(this.wanted)) if (value) query.set(name, value);
    return query;
  }

  filter(name, value) {
    this.wanted[name] = value;
    this.anew();
    this.look();
  }

  /** Show what one person did, or what everybody did. */
  by(actor) {
    this.who = actor && (actor.name || actor.email);
    this.filter("actor_id", actor?.id);
  }

  async look() {
    const asked = (this.asked = {});
    try {
      const page = await api(`/audit?${this.query(this.pager.query)}`);
      if (this.asked === asked) this.show(page);
    } catch {
      if (this.asked === asked) this.list.replaceChildren(failed(() => this.look()));
    }
  }

  show({ items, next_cursor: next }) {
    this.rows.replaceChildren(...items.map((one) => this.row(one)));
    if (!this.pager.learn(items.length, next)) return;
    this.list.replaceChildren(...(items.length ? [this.table, this.pager.element] : [nothing("search", t("audit.empty.title"), t("audit.empty.text"))]));
  }

  row(one) {
    const { actor } = one;
    const who = actor
      ? button({ kind: "plainly", label: t("audit.by", { name: actor.name || actor.email }), press: () => this.by(actor) }, actor.name || actor.email)
      : h("span", { class: "quiet" }, one.actor_id ?? t("audit.studio"));
    const about = () => { this.subject.value = one.subject; this.filter("subject", one.subject); };
    return h("tr", {},
      h("td", { class: "quiet", title: `#${one.seq}` }, when(one.at)), h("td", { class: "person" }, who),
      h("td", {}, h("code", {}, one.verb)),
      h("td", { class: "subject" }, button({ kind: "plainly", label: t("audit.about", { subject: one.subject }), press: about }, one.subject)),
      h("td", { class: "detail" }, one.detail ? Object.entries(one.detail).map(([name, text]) => h("span", {}, h("i", {}, name), ` ${text}`)) : h("i", {}, t("audit.erased"))));
  }

  check() {
    return attempt(async () => {
      const found = await api("/audit/verify");
      const text = found.holds ? t("audit.holds", { checked: number(found.checked), entries: number(found.entries) }) : t("audit.broken", { seqs: found.breaks.map((one) => `#${one.seq}: ${one.why}`).join("; ") });
      this.notice.replaceChildren(h("div", { class: found.holds ? "notice calm" : "notice" }, icon(found.holds ? "check" : "warning"),
        h("div", {}, h("b", {}, text), h("p", {}, t("audit.anchor")), h("code", { class: "anchor" }, found.head))));
    });
  }
}

/** Return the moment at which a day of the reader begins, `shift` days later. */
function moment(day, shift) {
  if (!day) return "";
  const [year, month, date] = day.split("-").map(Number);
  return new Date(year, month - 1, date + shift).toISOString();
}
