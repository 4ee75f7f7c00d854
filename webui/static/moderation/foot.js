/* At the foot of a case: the note and the two decisions; or why there are none, and what can be taken back. */
import { button, h, icon } from "../core/dom.js";
import { number, time } from "../core/format.js";
import { t } from "../core/i18n.js";
import { decide, decideSeveral, escalate, purge, undo } from "./acts.js";

export class Foot {
  constructor(flag, owner) {
    Object.assign(this, { flag, owner, near: [] });
    this.note = h("textarea", { rows: 2, maxlength: 500, "aria-label": t("moderation.note"), placeholder: t("moderation.note.placeholder"), onfocus: () => owner.take() });
    this.along = h("input", { type: "checkbox" });
    this.alike = h("label", { class: "check", hidden: true }, this.along, h("span"));
    this.why = h("p", { class: "why", role: "status", hidden: true });
    this.buttons = h("div", { class: "row" });
    this.element = h("footer", { class: "decisions" }, this.why, this.parts());
  }

  parts() {
    const { flag } = this;
    if (flag.purged) return [];
    if (flag.state !== "open") return this.after();
    if (flag.mine) return [h("p", { class: "sub" }, t("moderation.own"))];
    if (flag.refused) return [h("p", { class: "sub" }, t("moderation.escalated.refused"))];
    const awaited = flag.awaited && h("p", { class: "why" }, t(flag.awaited.mine ? "moderation.awaits.mine" : "moderation.awaits", { name: flag.awaited.name }), flag.awaited.note && ` “${flag.awaited.note}”`);
    const two = flag.severity === "severe" && !flag.awaited && h("p", { class: "sub" }, t("moderation.takes_two"));
    this.buttons.append(
      button({ kind: "button ok", disabled: flag.awaited?.mine, "aria-keyshortcuts": "A", press: () => this.decide("release") }, icon("check"), t(flag.awaited && !flag.awaited.mine ? "moderation.release.confirm" : "moderation.release"), h("kbd", {}, "A")),
      button({ kind: "button bad", "aria-keyshortcuts": "R", press: () => this.decide("reject") }, icon("close"), t("moderation.reject"), h("kbd", {}, "R")));
    if (!flag.escalation) this.buttons.append(button({ kind: "button", "aria-keyshortcuts": "E", press: () => this.escalate() }, icon("send"), t("moderation.escalate"), h("kbd", {}, "E")));
    const back = flag.awaited?.mine && this.undoButton();
    if (flag.claim && !flag.claim.mine) this.refuse(t("moderation.claimed", { name: flag.claim.name, time: time(flag.claim.until) }));
    return [awaited, two, this.note, this.alike, this.buttons, back].filter(Boolean);
  }

  after() {
    const { flag } = this;
    const rejected = flag.state === "rejected" && !flag.mine;
    return [
      flag.awaited?.deed === "purge" && h("p", { class: "why" }, t(flag.awaited.mine ? "moderation.awaits.mine" : "moderation.awaits.purge", { name: flag.awaited.name })),
      h("div", { class: "row" }, flag.undo_until && this.undoButton(),
        rejected && !flag.awaited?.mine && button({ kind: "button bad", press: () => this.purge() }, icon("trash"), t(flag.awaited ? "moderation.purge.act" : "moderation.purge"))),
    ].filter(Boolean);
  }

  undoButton() {
    return button({ "aria-keyshortcuts": "U", press: () => this.undo() }, icon("retry"), t("moderation.undo"), h("kbd", {}, "U"));
  }

  /** More is known: how many open cases look the same. */
  learn({ near }) {
    this.near = near;
    this.alike.hidden = !near.length;
    this.alike.querySelector("span").textContent = t("moderation.along", { count: number(near.length) });
  }

  /** Somebody else has the case: say so, and offer no decision. */
  refuse(why) {
    this.why.textContent = why;
    this.why.hidden = false;
    for (const one of this.buttons.children) one.disabled = true;
  }

  async decide(decision) {
    const { flag, owner } = this;
    const [first] = this.buttons.children;
    if (!first || this.busy || [...this.buttons.children].every((one) => one.disabled)) return;
    if (decision === "release" && first.disabled) return;
    this.busy = true;
    const note = this.note.value.trim();
    const along = this.along.checked && this.near.length ? await decideSeveral([flag.id, ...this.near], flag.category, decision, note) : null;
    const now = along ? null : await decide(flag, decision, note, () => owner.dispatchEvent(new Event("reload")));
    this.busy = false;
    if (now || along?.length) {
      owner.holding.forget();
      owner.dispatchEvent(new CustomEvent("decided", { detail: { flag, now, ids: along ?? [flag.id] } }));
    }
  }

  /** Hand it to administrators; they are told why, so that is asked for first. */
  async escalate() {
    const { flag, owner } = this;
    const [first, ...others] = this.buttons.children;
    if (!first || flag.escalation || this.busy || others.every((one) => one.disabled)) return;
    const note = this.note.value.trim();
    if (!note) {
      this.why.textContent = t("moderation.escalate.why");
      this.why.hidden = false;
      return void this.note.focus();
    }
    this.busy = true;
    const now = await escalate(flag, note);
    this.busy = false;
    if (!now) return;
    owner.holding.forget();
    owner.dispatchEvent(new Event("reload"));
  }

  async undo() {
    if (!this.flag.undo_until) return false;
    if (await undo(this.flag.id)) this.owner.dispatchEvent(new Event("reload"));
    return true;
  }

  async purge() {
    if (await purge(this.flag, this.note.value.trim())) this.owner.dispatchEvent(new Event("reload"));
  }
}
