/* The list of keyboard shortcuts. */
import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { generateKeys, recallKeys, weightKeys } from "../core/keys.js";
import { openDialog } from "./dialog.js";

const LIST = () => [
  [generateKeys, "keys.generate"], ["/", "keys.prompt"], [weightKeys, "keys.weight"], [recallKeys, "keys.recall"],
  ["Shift X", "keys.cancel"],
  ["← →", "keys.viewer"], ["Z", "keys.zoom"], ["J K", "keys.move"], ["Space", "keys.reveal"],
  ["Shift A · Shift R", "keys.decide"], ["?", "keys.help"],
];

export function openKeys() {
  openDialog({ title: t("keys.title"), kind: "dialog keys" },
    h("dl", {}, LIST().flatMap(([keys, what]) => [h("dt", {}, h("kbd", {}, keys)), h("dd", {}, t(what))])));
}
