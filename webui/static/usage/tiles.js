/* The four figures that are looked at first, each with how it changed against as many days before. */
import { h } from "../core/dom.js";
import { credits, number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { seconds, share } from "../figures/units.js";

const NOTEWORTHY = 0.005;

/** Return the tiles of a report. */
export function tiles({ total, before }) {
  return h("dl", { class: "tiles" },
    tile("images", number(total.images), change(total.images, before.images), t("report.images.of", { count: number(total.generations), failed: number(total.failed), canceled: number(total.canceled) })),
    tile("credits", credits(total.credits), change(total.credits, before.credits), t("report.credits.hint")),
    tile("wait", seconds(total.wait_p95), change(total.wait_p95, before.wait_p95, true), t("report.wait.half", { wait: seconds(total.wait_p50), run: seconds(total.run_p95) })),
    tile("held", share(total.hold_rate), points(total.hold_rate, before.hold_rate), t("report.held.of", { held: number(total.held), released: number(total.released) })));
}

function tile(name, value, [change, kind], also) {
  return h("div", { class: "tile" }, h("dt", {}, t(`report.tile.${name}`)), h("dd", {}, h("b", {}, value), h("span", { class: `change ${kind}` }, change), h("span", { class: "also" }, also)));
}

/** Return by which share a figure rose or fell; `worse`: when it rises, that is bad. */
function change(now, then, worse = false) {
  if (now === null || !then) return [t("report.change.none"), ""];
  return said((now - then) / then, share, worse);
}

/** Return by how many points of a hundred a share rose or fell. */
function points(now, then) {
  if (now === null || then === null) return [t("report.change.none"), ""];
  return said(now - then, (by) => t("report.points", { count: credits(by * 100) }), false);
}

function said(by, written, worse) {
  if (Math.abs(by) < NOTEWORTHY / (written === share ? 1 : 10)) return [t("report.change.same"), ""];
  const kind = !worse ? "" : by > 0 ? "bad" : "ok";
  return [t(by > 0 ? "report.change.more" : "report.change.less", { amount: written(Math.abs(by)) }), kind];
}

