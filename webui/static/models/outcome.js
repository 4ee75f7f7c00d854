/* What a comparison came to: a bar of the two shares with the interval over it, and the figures in words. */
import { h } from "../core/dom.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { s } from "../figures/svg.js";
import { share as percent } from "../figures/units.js";

const WIDE = 400;
const HALF = 0.5;
const SURE = 0.05;
const LEAST_P = 0.001;

export function outcomeOf(outcome) {
  const { first, second, neither, voters, share, low, high, p_value: p } = outcome;
  if (share === null) return h("p", { class: "outcome-none" }, t("outcome.none", { neither: number(neither) }));
  const [better] = share >= HALF ? [first] : [second];
  const clear = p < SURE;
  return h("section", { class: "outcome", "aria-label": t("outcome.title") },
    h("p", { class: "verdict-line" }, clear ? t("outcome.better", { name: better.title }) : t("outcome.unclear")),
    h("div", { class: "sides" }, side(first, share, "first"), side(second, 1 - share, "second")),
    bar(outcome),
    h("p", { class: "sub" }, t("outcome.interval", { name: first.title, low: percent(low), high: percent(high) })),
    h("p", { class: "sub" }, t("outcome.chance", { p: p < LEAST_P ? `< ${number(LEAST_P)}` : new Intl.NumberFormat(document.documentElement.lang || "en", { maximumSignificantDigits: 2 }).format(p) }), " ", t(voters === 1 ? "outcome.voters.one" : "outcome.voters", { voters: number(voters), neither: number(neither) })));
}

const side = ({ title, wins }, part, kind) => h("div", { class: kind }, h("b", {}, title), h("span", {}, `${percent(part)} · ${t(wins === 1 ? "outcome.wins.one" : "outcome.wins", { wins: number(wins) })}`));

/** The first model's share from the left, the second's from the right; the whisker is where the share may really lie. */
function bar({ first, share, low, high }) {
  const at = (part) => part * WIDE;
  const whisker = [s("line", { x1: at(low), x2: at(high), y1: 15, y2: 15 }), ...[low, high].map((end) => s("line", { x1: at(end), x2: at(end), y1: 9, y2: 21 }))];
  return s("svg", { class: "share-bar", viewBox: `0 0 ${WIDE} 30`, preserveAspectRatio: "none", role: "img", "aria-label": t("outcome.bar", { name: first.title, share: percent(share), low: percent(low), high: percent(high) }) },
    s("rect", { class: "second", x: 0, y: 5, width: WIDE, height: 20, rx: 6 }),
    s("rect", { class: "first", x: 0, y: 5, width: at(share), height: 20, rx: 6 }),
    s("line", { class: "half", x1: WIDE / 2, x2: WIDE / 2, y1: 0, y2: 30 }),
    s("g", { class: "whisker under" }, ...whisker.map((line) => line.cloneNode())),
    s("g", { class: "whisker" }, ...whisker));
}
