/* In the panel about a picture: whether it is made larger instead of being drawn over, by how much, and by whom. */
import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { segments } from "./rows.js";
import { setEdit } from "./state.js";
import { FACTORS, METHODS, becomes } from "./upscale.js";

// How much is drawn anew: as the API takes it where nobody says.
const USUAL = { over: 0.75, larger: 0.2 };

export class Larger {
  constructor() {
    const factors = [["", t("upscale.panel.not")], ...FACTORS.map((factor) => [String(factor), t("upscale.times", { factor })])];
    this.factor = segments("upscale.panel", factors, (factor) => this.choose(Number(factor)));
    this.method = segments("upscale.panel.how", METHODS.map((method) => [method, t(`upscale.panel.${method}`)]), (method) => setEdit({ upscale: { ...this.now, method } }));
    this.facts = h("p", { class: "becomes", role: "status" });
    this.element = h("div", { class: "larger" }, this.factor.element, this.method.element, this.facts);
  }

  /** Make it larger, or draw over it: each has its own usual strength. */
  choose(factor) {
    const strength = Boolean(factor) !== Boolean(this.now) && { strength: USUAL[factor ? "larger" : "over"] };
    setEdit({ upscale: factor ? { method: METHODS[0], ...this.now, factor } : null, ...strength });
  }

  show({ upscale, init }) {
    this.now = upscale;
    this.factor.show(String(upscale?.factor ?? ""));
    this.method.element.hidden = this.facts.hidden = !upscale;
    if (!upscale) return;
    this.method.show(upscale.method);
    const { text, tooLarge } = becomes(init, upscale.factor);
    this.facts.textContent = text;
    this.facts.classList.toggle("beyond", tooLarge);
  }
}
