/* Asking why, before something that decides about every image from then on. */
import { h } from "../core/dom.js";
import { Form, field } from "../core/form.js";
import { t } from "../core/i18n.js";
import { wear } from "../core/styles.js";
import { openDialog } from "../overlay/dialog.js";
import { overlay } from "../overlay/overlay.js";

const LONGEST = 300;

/** Ask for a reason, which has to be there if `need`; `word` begins the keys of the texts, `send` is given the reason. */
export async function askWhy({ word, values, need, send, done }) {
  await wear(overlay().shadowRoot, "asking");
  const reason = h("input", { type: "text", maxlength: LONGEST, autocomplete: "off", required: need });
  const [title, text, act] = ["title", "text", "act"].map((part) => t(`${word}.${part}`, values));
  const form = new Form({
    title, act,
    fields: [field("reason", t(need ? "policy.why" : "policy.why.optional"), reason, { hint: t("policy.why.hint") })],
    read: (wrong) => {
      if (need && !reason.value.trim()) wrong("reason", t("policy.why.none"));
      return reason.value.trim();
    },
    send,
    done: (answer) => { dialog.close(); done(answer); },
    leave: () => dialog.close(),
  });
  const dialog = openDialog({ title, kind: "dialog asking" }, h("p", {}, text), form.element);
  form.focus();
}
