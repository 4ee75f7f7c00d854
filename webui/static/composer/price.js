/* What Generate costs, on the button itself, and under it what is left where somebody is limited. */
import { api } from "../core/api.js";
import { h } from "../core/dom.js";
import { credits, moment, time, within } from "../core/format.js";
import { t } from "../core/i18n.js";
import { ended, store } from "../core/store.js";

export class Price {
  constructor() {
    this.element = h("p", { class: "left", role: "status", hidden: true });
    this.credits = null;
    this.least = null;
  }

  /** Keep up with what is spent and given back, for as long as `host` is in the document. */
  follow(host) {
    host.listen(store, "generation", ({ detail: { generation, before } }) => {
      if (before && ended(generation) && !ended(before)) this.refresh();
    });
    // Gradio draws the button anew when its words arrive.
    this.button?.disconnect();
    this.button = new MutationObserver(() => this.label());
    this.button.observe(document.getElementById("composer"), { childList: true, subtree: true });
    this.refresh();
  }

  /** The API has said what the form as it stands would cost. */
  cost(amount) {
    this.credits = amount;
    this.show();
  }

  /** Ask what is left. */
  async refresh() {
    const usage = await api("/me/usage").catch(() => null);
    if (usage) this.least = leastOf(usage);
    this.show();
  }

  show() {
    this.label();
    const { credits: price, least } = this;
    this.element.hidden = !least || price === null;
    if (this.element.hidden) return;
    const beyond = price > least.remaining;
    this.element.classList.toggle("beyond", beyond);
    const until = within(least.resets_at, 1) ? time(least.resets_at) : moment(least.resets_at);
    this.element.textContent = beyond
      ? t(`credits.beyond.${least.whose}`, { left: credits(least.remaining), time: until })
      : t(`credits.left.${least.name}`, { left: credits(least.remaining), limit: credits(least.limit) });
  }

  label() {
    const press = document.querySelector("button#generate") ?? document.querySelector("#generate button");
    if (!press) return;
    const text = this.credits === null ? "" : t("credits.price", { count: credits(this.credits) });
    if ((press.dataset.price ?? "") !== text) press.dataset.price = text;
  }
}

/** Return the limit that leaves least, or null where nobody is limited. */
function leastOf({ today, this_month: month, team }) {
  const limits = [["today", "own", today], ["month", "own", month], ["team_today", "team", team?.today], ["team_month", "team", team?.this_month]]
    .filter(([, , one]) => one && one.limit !== null)
    .map(([name, whose, one]) => ({ name, whose, ...one }));
  return limits.reduce((least, one) => (least && least.remaining <= one.remaining ? least : one), null);
}
