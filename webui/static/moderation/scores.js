/* What checkers measured, as bars against the threshold of the policy: right of the line a concept counts as present. */
import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";

// What half a bar stands for; margins of the usual checkers stay well inside.
const HALF = 0.1;
const signed = new Intl.NumberFormat(undefined, { signDisplay: "always", minimumFractionDigits: 3, maximumFractionDigits: 3 });

export const margin = (value) => signed.format(value);

/** Return one margin as a bar from the threshold in the middle, and as a number. */
export function scoreBar(value) {
  const part = 50 * Math.min(1, Math.abs(value) / HALF);
  const over = value > 0;
  return h("span", { class: `bar-of ${over ? "over" : "under"}` },
    h("i", { class: "track" }, h("i", { class: "fill", style: { left: `${over ? 50 : 50 - part}%`, width: `${part.toFixed(1)}%` } })), h("b", {}, signed.format(value)));
}

/** Return what each checker measured; what is below the line is folded away. */
export function providers(flag) {
  if (!flag.providers.length) return h("p", { class: "sub" }, t("moderation.no_checker"));
  return flag.providers.map((one) => h("section", { class: "provider" },
    h("h3", {}, one.checker, h("small", { title: one.weights_sha256 }, one.version || one.weights_sha256.slice(0, 12))), one.scope && h("p", { class: "sub" }, one.scope), readings(one.readings)));
}

function readings(all) {
  const telling = all.filter((one) => one.margin === null || one.margin > 0);
  const rest = all.slice(telling.length);
  return [
    telling.length > 0 && rows(telling),
    rest.length > 0 && h("details", { class: "below", open: telling.length === 0 && rest.length < 4 }, h("summary", {}, t("moderation.below", { count: rest.length })), rows(rest)),
  ].filter(Boolean);
}

function rows(all) {
  return h("ul", { class: "scores" }, all.map((one) => h("li", {},
    h("span", {}, one.name, one.shift !== 0 && h("small", {}, t("moderation.shift", { shift: signed.format(one.shift) })), nowOf(one)),
    one.margin === null ? h("em", {}, t("moderation.not_checked")) : scoreBar(one.margin))));
}

/** Return what the policy of now reads, where that is another than the one that judged. */
function nowOf({ margin_now: now }) {
  return now !== null && h("small", { class: "now" }, t(`moderation.now.${now > 0 ? "over" : "under"}`, { margin: signed.format(now) }));
}
