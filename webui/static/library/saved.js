/* Searches that somebody keeps: chosen from a menu, pinned ones first. Keeping and arranging them is loaded when it is wanted. */
import { api } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { menu } from "../core/menu.js";
import { toast } from "../overlay/toast.js";

export class Saved {
  /** `current` returns the search that is open; `chosen` is told one that was chosen. */
  constructor(current, chosen) {
    Object.assign(this, { current, chosen });
    this.kept = [];
    this.element = menu({ label: t("saved"), picture: "pin", text: t("saved"), kind: "button small saved" }, () => this.entries());
    this.look();
  }

  async look() {
    this.kept = await api("/library/searches").catch(() => []);
  }

  entries() {
    return [
      this.kept.length ? this.kept.map((one) => button({ kind: "choice", press: () => this.chosen(one.query) }, h("b", {}, one.pinned && icon("pin"), one.name), h("small", {}, one.query || t("saved.everything"))))
        : h("p", { class: "sub" }, t("saved.none")),
      h("hr", {}),
      button({ kind: "choice", press: () => this.ask("keep") }, t("saved.keep")),
      this.kept.length > 0 && button({ kind: "choice", press: () => this.ask("arrange") }, t("saved.arrange")),
    ].flat();
  }

  /** Open one of the dialogs. */
  async ask(which) {
    (await import("./keeping.js"))[which](this);
  }

  tell(path, method, json, said = null) {
    return attempt(async () => {
      await api(`/library/searches${path}`, { method, json });
      if (said) toast(t(said));
      await this.look();
    });
  }
}
