/* What Generate costs, on the button itself, and under it what is left where somebody is limited. */
import { api } from "../core/api.js";
import { h } from "../core/dom.js";
import { credits } from "../core/format.js";
import { t } from "../core/i18n.js";
import { closed, momentOf, noticeNow } from "../core/notice.js";
import { ended, store } from "../core/store.js";
import { cutOff } from "../overlay/banner.js";
import { values } from "./form.js";

export class Price {
  constructor() {
    this.element = h("p", { class: "left", role: "status", hidden: true });
    this.credits = null;
    this.least = null;
    this.free = false;
  }

  /** Keep up with what is spent and given back, for as long as `host` is in the document. */
  follow(host) {
    host.listen(store, "generation", ({ detail: { generation, before } }) => {
      if (before && ended(generation) && !ended(before)) this.refresh();
      if (ended(generation)) this.lookBack();
    });
    host.listen(document, "atelier:form", () => this.lookBack());
    for (const news of ["notice", "cut-off"]) host.listen(store, news, () => this.label());
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

  /** Find out whether what stands in the form was drawn before, which only a fixed seed can say. */
  async lookBack() {
    if (!this.known && !values().seed.trim()) return;
    const { Known } = await import("./known.js");
    this.known ??= new Known((free) => { this.free = free; this.show(); });
    this.known.look();
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
    this.element.classList.toggle("beyond", this.beyond);
    this.element.textContent = this.beyond
      ? t(`credits.beyond.${least.whose}`, { left: credits(least.remaining), time: momentOf(least.resets_at) })
      : t(`credits.left.${least.name}`, { left: credits(least.remaining), limit: credits(least.limit) });
  }

  label() {
    const press = document.querySelector("button#generate") ?? document.querySelector("#generate button");
    if (!press) return;
    const hindered = this.hindered();
    const price = this.free ? t("credits.none") : this.credits === null ? "" : t("credits.price", { count: credits(this.credits) });
    const text = hindered ?? price;
    press.classList.toggle("hindered", Boolean(hindered));
    if ((press.dataset.price ?? "") !== text) press.dataset.price = text;
  }

  get beyond() {
    return Boolean(this.least) && !this.free && this.credits > this.least.remaining;
  }

  /** Return why a press would be refused, in a few words; null when it would not. It may be pressed all the same. */
  hindered() {
    if (cutOff()) return t("hindered.offline");
    if (closed()) {
      const { ends_at: end } = noticeNow().notice;
      return end ? t("hindered.maintenance.until", { time: momentOf(end) }) : t("hindered.maintenance");
    }
    return this.beyond ? t("hindered.quota", { time: momentOf(this.least.resets_at) }) : null;
  }
}

/** Return the limit that leaves least, or null where nobody is limited. */
function leastOf({ today, this_month: month, team }) {
  const limits = [["today", "own", today], ["month", "own", month], ["team_today", "team", team?.today], ["team_month", "team", team?.this_month]]
    .filter(([, , one]) => one && one.limit !== null)
    .map(([name, whose, one]) => ({ name, whose, ...one }));
  return limits.reduce((least, one) => (least && least.remaining <= one.remaining ? least : one), null);
}
