/* Dead letters: what failed for good, why, what to do about it, and trying it again. */
import { api } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { button, h, icon } from "../core/dom.js";
import { ago, number, when } from "../core/format.js";
import { has, t } from "../core/i18n.js";
import { failed, nothing } from "../core/lists.js";
import { toast } from "../overlay/toast.js";

const PAGE = 20;

export class DeadLetters {
  /** `counted` is told how many there are, as a word; `changed` is called after one was retried. */
  constructor({ counted, changed }) {
    this.counted = counted;
    this.changed = changed;
    this.loaded = false;
    this.list = h("ul", { class: "letters" });
    this.foot = h("div", { class: "more" });
    this.element = h("section", { "aria-label": t("queue.dead") });
  }

  /** Look whether there are others now; whoever has asked for more reads on undisturbed. */
  async look() {
    if (this.letters.length > PAGE) return;
    try {
      const page = await api(`/queue/dead?limit=${PAGE}`);
      if (this.loaded && page.items.map(({ id }) => id).join() === this.letters.join()) return;
      this.loaded = true;
      this.renew(page);
    } catch {
      if (!this.loaded) this.failed();
    }
  }

  get letters() {
    return [...this.list.children].map((item) => item.dataset.id);
  }

  renew(page) {
    const focused = this.list.getRootNode().activeElement?.closest(".letter")?.dataset.id;
    this.list.replaceChildren();
    this.show(page);
    if (focused) this.list.querySelector(`[data-id="${focused}"] button`)?.focus();
  }

  async more() {
    await attempt(async () => this.show(await api(`/queue/dead?limit=${PAGE}&cursor=${encodeURIComponent(this.next)}`)));
  }

  show({ items, next_cursor: next }) {
    this.next = next;
    this.list.append(...items.map((letter) => this.item(letter)));
    this.foot.replaceChildren(...(next ? [button({ press: () => this.more() }, t("dead.more"))] : []));
    this.arrange();
  }

  arrange() {
    const count = this.letters.length;
    this.counted(count ? `${number(count)}${this.next ? "+" : ""}` : "");
    if (!count) this.element.replaceChildren(nothing("check", t("dead.empty.title"), t("dead.empty.text")));
    else if (this.list.parentElement !== this.element) {
      this.element.replaceChildren(h("p", { class: "hint" }, t("dead.hint")), this.list, this.foot);
    }
  }

  failed() {
    this.element.replaceChildren(failed(t("dead.error"), () => this.look()));
  }

  item(letter) {
    const { id, prompt, owner, model, attempts, ended_at: ended, created_at: created } = letter;
    const moment = ended ?? created;
    const facts = [owner.name, owner.email, model, t("dead.attempts", { count: number(attempts) }), ""].join(" · ");
    return h("li", { class: "letter", "data-id": id },
      h("h2", { title: prompt }, prompt),
      h("p", { class: "facts" }, facts, h("time", { datetime: moment, title: when(moment) }, ago(moment))),
      button({ kind: "button small retry", label: t("dead.retry.label", { prompt: prompt.slice(0, 80) }), press: ({ currentTarget }) => this.retry(id, currentTarget) },
        icon("retry"), t("dead.retry")),
      why(letter));
  }

  async retry(id, pressed) {
    pressed.disabled = true;
    const done = await attempt(async () => {
      await api(`/queue/dead/${id}/retry`, { method: "POST" });
      toast(t("dead.retried"));
    });
    pressed.disabled = false;
    if (done) this.drop(pressed.closest("li"));
    this.changed();
  }

  drop(item) {
    const next = item.nextElementSibling ?? item.previousElementSibling;
    item.remove();
    next?.querySelector("button").focus();
    this.arrange();
  }
}

/** Return the code, what was said, what to do about it, and by which request logs and traces know it. */
function why({ code, message, request_id: request, trace_id: trace }) {
  const advice = has(`dead.advice.${code}`) ? `dead.advice.${code}` : "dead.advice.other";
  return h("dl", { class: "why" }, h("dt", {}, h("span", { class: "tag" }, code)), h("dd", {}, message || t("dead.silent")),
    h("dt", {}, t("dead.advice")), h("dd", {}, t(advice)),
    ...(request ? [h("dt", {}, t("dead.request")), h("dd", {}, h("code", {}, request), ` ${t("dead.trace")} `, h("code", {}, trace))] : []));
}
