/* The notice to everybody: what it says now, and the way to write another one or to end it. */
import { api } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { askNotice, closed, noticeNow } from "../core/notice.js";
import { store } from "../core/store.js";
import { strip } from "../overlay/strip.js";
import { say } from "../overlay/toast.js";

export class Board {
  constructor() {
    this.space = h("div", { class: "told" });
    this.write = button({ press: () => this.open() }, icon("create"), t("system.notice.write"));
    this.end = button({ kind: "button primary", press: () => this.clear(), hidden: true });
    this.element = h("section", { class: "board", "aria-labelledby": "board-title" },
      h("h2", { id: "board-title" }, t("system.notice")), h("p", { class: "sub" }, t("system.notice.text")),
      this.space, h("div", { class: "row-of" }, this.end, this.write));
  }

  /** Keep up with it for as long as `host` is in the document. */
  follow(host) {
    host.listen(store, "notice", () => this.show());
    this.show();
  }

  show() {
    const told = noticeNow();
    this.end.hidden = !told.notice;
    this.end.replaceChildren(icon("check"), t(closed() ? "system.notice.end" : "system.notice.remove"));
    this.space.replaceChildren(told.notice ? strip(told) : h("p", { class: "nothing" }, t("system.notice.none")));
  }

  async open() {
    const { writeNotice } = await import("./notice_form.js");
    await writeNotice();
    this.write.focus();
  }

  async clear() {
    const was = closed();
    const done = await attempt(() => api("/notice", { method: "DELETE" }));
    if (!done) return;
    say(t(was ? "system.said.ended" : "system.said.removed"));
    await askNotice();
    this.write.focus();
  }
}
