/* A larger canvas: so many pixels on each side are drawn anew. Says in words how far the model goes. */
import { button, h, icon } from "../core/dom.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { NO_MARGINS, SIDES, WIDEST_MARGIN } from "./geometry.js";

const GRAIN = 8;

export class Margins {
  constructor(changed) {
    this.changed = changed;
    this.opener = button({ kind: "button quiet more", "aria-expanded": "false", press: () => this.open(this.body.hidden) }, icon("plus"), h("span", {}, t("edit.outpaint")));
    this.fields = Object.fromEntries(SIDES.map((side) => [side, this.field(side)]));
    this.limit = h("p", { class: "limit", role: "status" });
    this.body = h("div", { class: "sides", hidden: true }, SIDES.map((side) => h("label", { class: side }, h("span", {}, t(`edit.outpaint.${side}`)), this.fields[side])), this.limit);
    this.element = h("div", { class: "margins" }, this.opener, this.body);
  }

  field(side) {
    const input = h("input", { type: "number", min: 0, max: WIDEST_MARGIN, step: GRAIN, value: 0, inputmode: "numeric", oninput: () => this.moved(side, input.valueAsNumber), onchange: () => { input.value = this.now[side]; } });
    return input;
  }

  open(on) {
    this.body.hidden = !on;
    this.opener.setAttribute("aria-expanded", String(on));
    if (on) this.fields.left.focus();
    else if (SIDES.some((side) => this.now[side])) this.changed(null);
  }

  moved(side, value) {
    const wanted = Number.isFinite(value) ? Math.max(0, Math.min(WIDEST_MARGIN, Math.round(value / GRAIN) * GRAIN)) : 0;
    const all = { ...this.now, [side]: wanted };
    this.changed(SIDES.some((one) => all[one]) ? all : null);
  }

  show(now, canvas, offer) {
    this.now = { ...NO_MARGINS, ...now };
    const any = SIDES.some((side) => this.now[side]);
    if (any) { this.body.hidden = false; this.opener.setAttribute("aria-expanded", "true"); }
    for (const side of SIDES) if (this.fields[side].getRootNode().activeElement !== this.fields[side]) this.fields[side].value = this.now[side];
    this.limit.textContent = canvas && any ? said(canvas, offer) : t("edit.outpaint.hint");
  }
}

function said({ width, height, inner, smaller }, { max_pixels: most }) {
  const values = { width, height, across: inner.width, down: inner.height, most: number(most) };
  return t(smaller ? "edit.outpaint.smaller" : "edit.outpaint.size", values);
}
