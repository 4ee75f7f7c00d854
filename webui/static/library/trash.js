/* The trash: how long things stay, and emptying it after asking. */
import { api } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { button, h, icon } from "../core/dom.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { sure } from "../overlay/sure.js";
import { toast } from "../overlay/toast.js";

export class Trash {
  /** `emptied` is called after something was deleted for good. */
  constructor(emptied) {
    this.emptied = emptied;
    this.empty = button({ kind: "button small bad", press: () => this.ask() }, icon("trash"), t("trash.empty"));
    this.element = h("div", { class: "in-trash" }, h("p", {}, t("trash.text")), this.empty);
  }

  async ask() {
    const really = await sure("trash.empty");
    if (!really) return;
    this.empty.disabled = true;
    await attempt(async () => {
      const { deleted, kept } = await this.deleteAll();
      toast(t(kept ? "trash.kept" : "trash.emptied", { count: number(deleted), kept: number(kept) }));
    });
    this.empty.disabled = false;
    this.emptied();
  }

  /** Delete what may be, so many at a time. */
  async deleteAll() {
    let deleted = 0;
    for (;;) {
      const now = await api("/library/trash/empty", { method: "POST" });
      deleted += now.deleted;
      if (!now.left || !now.deleted) return { deleted, kept: now.kept };
    }
  }
}
