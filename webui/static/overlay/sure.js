/* Asking once more before something that cannot be taken back. */
import { button, h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { openDialog } from "./dialog.js";

/** Show what would happen, with a button to do it and one to leave it; resolves to whether to do it.
 * `word` begins the keys of its four texts, `values` fill their gaps. */
export function sure(word, values = {}, kind = "danger") {
  const [title, text, act, leave] = ["title", "text", "act", "leave"].map((part) => t(`${word}.${part}`, values));
  return new Promise((resolve) => {
    let answer = false;
    const choose = (chosen) => () => { answer = chosen; dialog.close(); };
    const dialog = openDialog({ title }, h("p", {}, text), h("div", { class: "choices" },
      button({ autofocus: true, press: choose(false) }, leave),
      button({ kind: `button ${kind}`, press: choose(true) }, act)));
    dialog.addEventListener("close", () => resolve(answer));
  });
}
