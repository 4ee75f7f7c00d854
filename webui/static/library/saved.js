/* Searches that somebody keeps: chosen from a menu, pinned ones first; arranged in a dialog. */
import { api } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { dropdown } from "../core/dropdown.js";
import { openDialog } from "../overlay/dialog.js";
import { toast } from "../overlay/toast.js";

const LONGEST = 80;

export class Saved {
  /** `current` returns the search that is open; `chosen` is told one that was chosen. */
  constructor(current, chosen) {
    Object.assign(this, { current, chosen });
    this.kept = [];
    this.element = dropdown({ label: t("saved"), picture: "pin", text: t("saved"), kind: "button small saved" }, () => this.entries());
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
      button({ kind: "choice", press: () => this.keep() }, t("saved.keep")),
      this.kept.length > 0 && button({ kind: "choice", press: () => this.arrange() }, t("saved.arrange")),
    ].flat();
  }

  keep() {
    const input = this.naming("");
    const send = async (event) => {
      event.preventDefault();
      if (await this.tell("", "POST", { name: input.value.trim(), query: this.current() }, "saved.kept")) dialog.close();
    };
    const dialog = openDialog({ title: t("saved.keep") }, h("form", { class: "asked", onsubmit: send }, input,
      h("div", { class: "choices" }, button({ press: () => dialog.close() }, t("action.leave")), h("button", { class: "button primary", type: "submit" }, t("saved.act")))));
  }

  arrange() {
    const list = h("ul", { class: "arranged" });
    const show = () => list.replaceChildren(...this.kept.map((one) => this.row(one, show)));
    openDialog({ title: t("saved.arrange"), kind: "dialog wide" }, list);
    show();
  }

  row({ id, name, pinned }, show) {
    const input = this.naming(name, t("saved.name.of", { name }));
    input.addEventListener("change", () => { if (input.value.trim()) this.tell(`/${id}`, "PATCH", { name: input.value.trim() }, "saved.renamed").then(show); });
    return h("li", {}, input,
      button({ kind: "round", label: t(pinned ? "saved.unpin" : "saved.pin", { name }), "aria-pressed": String(pinned), press: () => this.tell(`/${id}`, "PATCH", { pinned: !pinned }).then(show) }, icon("pin")),
      button({ kind: "round", label: t("saved.delete", { name }), press: () => this.tell(`/${id}`, "DELETE", undefined, "saved.deleted").then(show) }, icon("trash")));
  }

  naming(value, label = t("saved.name")) {
    return h("input", { class: "picker words", type: "text", maxlength: LONGEST, required: true, value, "aria-label": label, placeholder: t("saved.name"), autocomplete: "off" });
  }

  tell(path, method, json, said = null) {
    return attempt(async () => {
      await api(`/library/searches${path}`, { method, json });
      if (said) toast(t(said));
      await this.look();
    });
  }
}
