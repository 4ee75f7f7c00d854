/* Says that the session has ended. The draft is kept by the form, on this device. */
import { requests } from "../core/fetch.js";
import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { openDialog } from "./dialog.js";

let shown = false;

/** Show the dialog once, however many requests were refused. */
export function startSignedOut() {
  requests.addEventListener("signed-out", () => {
    if (shown) return;
    shown = true;
    const back = location.pathname + location.search;
    openDialog({ title: t("signed_out.title"), kind: "dialog signed-out", closable: false },
      h("p", {}, t("signed_out.text")),
      h("a", { class: "button primary", href: `/auth/login?next=${encodeURIComponent(back)}` }, t("signed_out.again")));
  });
}
