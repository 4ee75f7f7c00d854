/* The safety checker's scores: similarity minus threshold, so that above 0 a concept is present. */
import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";

// What half a bar stands for; scores of the usual checkers stay well inside.
const HALF = 0.1;
const signed = new Intl.NumberFormat(undefined, { signDisplay: "always", minimumFractionDigits: 3, maximumFractionDigits: 3 });

/** Return the highest score of a flag, or null when nothing was checked. */
export function scoreOf(concepts) {
  const checked = concepts.filter(({ score }) => score !== null);
  return checked.length ? checked.reduce((best, one) => (one.score > best.score ? one : best)) : null;
}

/** Return one score as a bar with its threshold in the middle, and as a number. */
export function scoreBar({ score }) {
  const part = 50 + 50 * Math.max(-1, Math.min(1, score / HALF));
  return h("span", { class: `bar-of ${score > 0 ? "over" : "under"}` },
    h("i", { class: "track" }, h("i", { class: "fill", style: { width: `${part.toFixed(1)}%` } })), h("b", {}, signed.format(score)));
}

/** Return what speaks for holding a picture, with its bars; everything below the line is folded away. */
export function scoreList(concepts) {
  const sorted = [...concepts].sort((a, b) => (b.score ?? Infinity) - (a.score ?? Infinity));
  const telling = sorted.filter(({ score }) => score === null || score > 0);
  const rest = sorted.slice(telling.length);
  return [
    rows(telling),
    rest.length > 0 && h("details", { class: "below" }, h("summary", {}, t("moderation.below", { count: rest.length })), rows(rest)),
  ];
}

function rows(concepts) {
  return h("ul", { class: "scores" }, concepts.map((one) => h("li", {}, h("span", {}, one.name),
    one.score === null ? h("em", {}, t("moderation.not_checked")) : scoreBar(one))));
}
