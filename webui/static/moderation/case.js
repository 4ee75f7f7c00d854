/* One case: the picture, why it was held, every score, and the two decisions with a note. */
import { AtElement } from "../core/element.js";
import { button, h, icon } from "../core/dom.js";
import { when } from "../core/format.js";
import { t } from "../core/i18n.js";
import { casePicture } from "./picture.js";
import { scoreList } from "./scores.js";

export class ReviewCase extends AtElement {
  static sheets = ["lists", "moderation"];

  /** Show this flag; the picture is blurred again each time. */
  set flag(flag) {
    if (this.shown === flag) return;
    this.shown = flag;
    this.clear = false;
    this.picture = casePicture(flag);
    this.eye = button({ kind: "button small eye", press: () => this.reveal() }, icon("eye"), t("moderation.reveal"));
    this.note = h("textarea", { rows: 2, maxlength: 500, "aria-label": t("moderation.note"), placeholder: t("moderation.note.placeholder") });
    this.shadowRoot.replaceChildren(h("article", { class: "case", "aria-label": t("moderation.case") },
      h("div", { class: "peek" }, this.picture.image, this.eye),
      h("p", { class: "prompt" }, flag.prompt), facts(flag),
      flag.concepts.length > 0 && h("h2", {}, t("moderation.scores"), h("small", {}, t("moderation.scores.hint"))),
      flag.concepts.length > 0 && scoreList(flag.concepts),
      flag.state === "open" && this.decisions()));
  }

  decisions() {
    return h("div", { class: "decisions" }, this.note, h("div", { class: "row" },
      button({ kind: "button ok", press: () => this.decide("release") }, icon("check"), t("moderation.release")),
      button({ kind: "button bad", press: () => this.decide("reject") }, icon("close"), t("moderation.reject"))));
  }

  reveal() {
    this.clear = !this.clear;
    this.picture?.show(this.clear);
    this.eye?.replaceChildren(icon(this.clear ? "unseen" : "eye"), t(this.clear ? "moderation.hide" : "moderation.reveal"));
  }

  decide(decision) {
    if (this.shown?.state !== "open") return;
    this.dispatchEvent(new CustomEvent("decide", { detail: { flag: this.shown, decision, note: this.note.value.trim() } }));
  }
}

function facts(flag) {
  const rows = [["reason", flag.reason], ["who", `${flag.owner.name} · ${flag.owner.email}`], ["when", when(flag.created_at)]];
  if (flag.state !== "open") rows.push(["state", t(`moderation.state.${flag.state}`)], ["decided_by", flag.decided_by?.name ?? flag.decided_by ?? ""], ["decided_at", flag.decided_at ? when(flag.decided_at) : ""], ["note", flag.note ?? ""]);
  return h("dl", {}, rows.filter(([, value]) => value).flatMap(([name, value]) => [h("dt", {}, t(`moderation.${name}`)), h("dd", {}, value)]));
}
