/* The list of keyboard shortcuts, by where they work. */
import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { generateKeys, recallKeys, weightKeys } from "../core/keys.js";
import { openDialog } from "./dialog.js";

const GROUPS = () => ({
  everywhere: [["/", "keys.prompt"], ["?", "keys.help"]],
  create: [[generateKeys, "keys.generate"], [weightKeys, "keys.weight"], [recallKeys, "keys.recall"], ["Shift X", "keys.cancel"], ["E", "keys.edit"]],
  library: [["← ↑ ↓ →", "keys.grid"], ["Enter", "keys.open"], ["Space", "keys.select"], ["Ctrl A", "keys.select_all"], ["Shift", "keys.select_range"], ["F · .", "keys.star"], ["0 – 5", "keys.status"], ["Del", "keys.trash"], ["E", "keys.edit"]],
  viewer: [["← → Home End", "keys.viewer"], ["+ − 0 Z", "keys.zoom"], ["I", "keys.info"], ["F · .", "keys.star"], ["0 – 5", "keys.status"], ["Del", "keys.trash"],
    ["A · R", "keys.take"], ["P · S · D", "keys.take_part"], ["C", "keys.compare"], ["B", "keys.before"], ["E", "keys.edit"], ["U", "keys.upscale"]],
  compare: [["M", "keys.compare_mode"], ["+ − 0 Z", "keys.zoom"], ["C", "keys.compare_leave"]],
  mask: [["B E R L", "keys.mask.tools"], ["[ ]", "keys.mask.size"], ["← ↑ ↓ →", "keys.mask.move"], ["Space · Enter", "keys.mask.paint"], ["Ctrl Z · Ctrl Shift Z", "keys.mask.undo"], ["I", "keys.mask.invert"], ["Alt · Space", "keys.mask.take"], ["+ − 0", "keys.zoom"]],
  pad: [["B E L F", "keys.pad.tools"], ["M", "keys.pad.mirror"], ["[ ]", "keys.mask.size"], ["← ↑ ↓ →", "keys.mask.move"], ["Space · Enter", "keys.mask.paint"], ["Ctrl Z · Ctrl Shift Z", "keys.mask.undo"]],
  moderation: [["J K", "keys.move"], ["Space · B", "keys.reveal"], ["A · R", "keys.decide"], ["E", "keys.escalate"], ["U", "keys.take_back"], ["X", "keys.choose_case"]],
});

export function showKeys() {
  openDialog({ title: t("keys.title"), kind: "dialog keys" }, h("div", { class: "groups" }, Object.entries(GROUPS()).map(([name, list]) => h("section", {},
    h("h3", {}, t(`keys.group.${name}`)),
    h("dl", {}, list.flatMap(([keys, what]) => [h("dt", {}, h("kbd", {}, keys)), h("dd", {}, t(what))]))))));
}
