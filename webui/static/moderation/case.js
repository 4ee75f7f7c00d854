/* One case: the picture under its veil, why it was held, what speaks for and against, and the decision at its foot. */
import { AtElement } from "../core/element.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { failed, ghosts } from "../core/lists.js";
import { openCase } from "./acts.js";
import { Foot } from "./foot.js";
import { Holding } from "./holding.js";
import { Peek } from "./picture.js";
import { providers } from "./scores.js";
import { appealOf, authorOf, escalationOf, historyOf, judgedOf, lineageOf, similarOf, wordsOf } from "./sections.js";
import { marks, titleOf } from "./words.js";

export class ReviewCase extends AtElement {
  static sheets = ["lists", "moderation", "case"];

  constructor() {
    super();
    this.holding = new Holding((why) => this.foot?.refuse(why));
  }

  connected() {
    this.listen(window, "pagehide", () => this.holding.drop());
  }

  disconnected() {
    this.holding.drop();
  }

  /** Show this flag; the picture is veiled again each time. `meant`: a person went to it, and has it from now on. */
  show(flag, meant = false) {
    if (this.flag === flag) return void (meant && this.take());
    this.holding.drop();
    this.flag = flag;
    this.peek = new Peek(flag, () => this.take());
    this.foot = new Foot(flag, this);
    this.rest = h("div", { class: "rest" }, ghosts("ghost line", 4));
    this.shadowRoot.replaceChildren(h("article", { class: "case", "aria-label": t("moderation.case") },
      button({ kind: "button small back", press: () => this.dispatchEvent(new Event("back")) }, icon("left"), t("moderation.back")),
      h("div", { class: "body" }, this.peek.element,
        h("header", {}, h("h2", {}, titleOf(flag)), h("div", { class: "marks" }, marks(flag))),
        escalationOf(flag), appealOf(flag), this.rest),
      this.foot.element));
    if (meant) this.take();
    this.load(flag);
  }

  async load(flag) {
    try {
      const known = await openCase(flag.id);
      if (this.flag !== flag) return;
      this.known = known;
      this.fill(known);
    } catch {
      if (this.flag === flag) this.rest.replaceChildren(failed(t("moderation.error"), () => this.load(flag)));
    }
  }

  fill(known) {
    const open = (flagId) => this.visit(flagId);
    const parts = [judgedOf(known),
      h("section", {}, h("h2", {}, t("moderation.scores"), h("small", {}, t("moderation.scores.hint"))), providers(known)),
      wordsOf(known), lineageOf(known, open), authorOf(known), similarOf(known, open), historyOf(known)];
    this.rest.replaceChildren(...parts.filter(Boolean));
    this.foot.learn(known);
  }

  /** Look at another case from within this one. */
  async visit(flagId) {
    const other = await openCase(flagId).catch(() => null);
    if (other) this.show(other, true);
  }

  take() {
    if (this.flag) this.holding.take(this.flag);
  }

  escalate() {
    this.foot?.escalate();
  }

  decide(decision) {
    this.foot?.decide(decision);
  }
}
