/* Asking once more before something that cannot be taken back. */
import { button, h } from "../core/dom.js";
import { openDialog } from "./dialog.js";

/** Show what would happen, with a button to do it and one to leave it; resolves to whether to do it. */
export function sure({ title, text, act, leave, kind = "danger" }) {
  return new Promise((resolve) => {
    let answer = false;
    const choose = (chosen) => () => { answer = chosen; dialog.close(); };
    const dialog = openDialog({ title }, h("p", {}, text), h("div", { class: "choices" },
      button({ autofocus: true, press: choose(false) }, leave),
      button({ kind: `button ${kind}`, press: choose(true) }, act)));
    dialog.addEventListener("close", () => resolve(answer));
  });
}
