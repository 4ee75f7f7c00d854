/* The empty panel: where a picture is dropped or chosen, how far it has come, and what went wrong with it. */
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { KINDS } from "./bring.js";

export class Drop {
  /** `taken` is given the file that was chosen; what is dropped or pasted comes by `composer/drop.js`. */
  constructor(taken, fold) {
    this.input = h("input", { type: "file", accept: KINDS.join(","), hidden: true, onchange: () => { const [file] = this.input.files; this.input.value = ""; if (file) taken(file); } });
    this.chooser = button({ kind: "button", press: () => this.input.click() }, icon("picture"), t("edit.choose"));
    this.problem = h("p", { class: "amiss", role: "alert", hidden: true });
    this.bar = h("progress", { max: 1, value: 0, "aria-label": t("edit.bringing") });
    this.coming = h("div", { class: "coming", hidden: true }, h("span", {}, t("edit.bringing")), this.bar, button({ kind: "button small", press: () => this.stop.abort() }, t("action.cancel")));
    this.choice = h("div", { class: "choice" }, this.chooser, h("p", {}, t("edit.choose.hint")));
    this.element = h("div", { class: "drop" }, button({ kind: "round tiny close", label: t("edit.fold"), press: fold }, icon("close")), this.input, this.choice, this.coming, this.problem);
  }

  /** Show how far `act` is while it goes on. */
  async during(act) {
    this.stop = new AbortController();
    this.problem.hidden = true;
    this.busy(true);
    try {
      return await act((share) => { this.bar.value = share; }, this.stop.signal);
    } finally {
      this.busy(false);
    }
  }

  busy(on) {
    this.choice.hidden = on;
    this.coming.hidden = !on;
    this.bar.value = 0;
  }

  wrong(text) {
    this.problem.replaceChildren(icon("warning"), h("span", {}, text));
    this.problem.hidden = false;
    this.chooser.focus();
  }
}
