/* A small dialog on the native element, which brings the focus trap and Escape. */
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { overlay } from "./overlay.js";

/** Show a dialog with a heading and return it; it leaves the document when it closes. */
export function openDialog({ title, kind = "dialog", closable = true }, ...children) {
  const dialog = h("dialog", { class: kind, "aria-label": title },
    closable && button({ kind: "round close", label: t("action.close"), press: () => dialog.close() }, icon("close")),
    h("h2", {}, title),
    ...children);
  if (!closable) dialog.addEventListener("cancel", (event) => event.preventDefault());
  else dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("close", () => dialog.remove());
  overlay().shadowRoot.append(dialog);
  dialog.showModal();
  return dialog;
}
