/* What the team thinks of an image: its star, its status, and the trash. Only what a person may do is offered. */
import { STATUSES, change, trash } from "../core/changes.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";

export class Curate {
  constructor() {
    this.element = h("div", { class: "curate", hidden: true });
  }

  /** Show an image as the library knows it; null is not known yet. */
  show(image) {
    this.image = image;
    this.element.hidden = !image;
    if (!image) return;
    const focused = this.element.getRootNode().activeElement?.dataset?.act;
    const chips = STATUSES.map((status, key) => this.chip(status, key)).filter(Boolean);
    this.element.replaceChildren(
      button({ kind: `button small star${image.starred ? " on" : ""}`, "data-act": "star", "aria-pressed": String(image.starred), label: t("changes.star"), press: () => this.star() }, icon("star")),
      h("div", { class: "statuses", role: "group", "aria-label": t("status") }, chips),
      image.mine && button({ kind: "round tiny bad", "data-act": "trash", label: t("changes.trash"), press: () => this.discard() }, icon("trash")));
    if (focused) this.element.querySelector(`[data-act="${focused}"]`)?.focus();
  }

  /** Return the button of a status; who may not choose sees only the one that it has. */
  chip(status, key) {
    const chosen = this.image.status === status;
    const face = [h("i", { class: `dot ${status}`, "aria-hidden": "true" }), h("span", {}, t(`status.${status}`))];
    if (!this.image.can_curate) return chosen && h("span", { class: "chip on" }, face);
    return button({ kind: `chip${chosen ? " on" : ""}`, "data-act": status, "aria-pressed": String(chosen), title: `${t(`status.${status}`)} · ${key}`, press: () => this.set(status) }, ...face);
  }

  star() {
    change([this.image.id], { starred: !this.image.starred });
  }

  set(status) {
    if (this.image.can_curate) change([this.image.id], { status });
  }

  discard() {
    if (this.image.mine) trash([this.image.id]);
  }

  keys() {
    if (!this.image) return {};
    const statuses = Object.fromEntries(STATUSES.map((status, key) => [String(key), () => this.set(status)]));
    const discard = () => this.discard();
    return { ".": () => this.star(), f: () => this.star(), ...(this.image.can_curate && statuses), Delete: discard };
  }
}
