/* Switching a model off: why, for whoever asks for it, and what follows. */
import { api } from "../core/api.js";
import { h } from "../core/dom.js";
import { Form, field } from "../core/form.js";
import { t } from "../core/i18n.js";
import { openDialog } from "../overlay/dialog.js";
import { overlay } from "../overlay/overlay.js";
import { toast } from "../overlay/toast.js";
import { wear } from "../core/styles.js";

const LONGEST_REASON = 300;

/** Ask for the reason and switch it off; `first`: it is the default. */
export async function askToSwitchOff({ name, title, first, changed }) {
  await wear(overlay().shadowRoot, "asking");
  const reason = h("input", { type: "text", maxlength: LONGEST_REASON, required: true, autocomplete: "off", placeholder: t("models.reason.example") });
  const form = new Form({
    title: t("models.off.title", { name: title }), act: t("models.off.act"),
    fields: [field("reason", t("models.reason"), reason, { hint: t("models.reason.hint") })],
    read: (wrong) => {
      if (!reason.value.trim()) wrong("reason", t("models.reason.none"));
      return { enabled: false, reason: reason.value };
    },
    send: (json) => api(`/models/${encodeURIComponent(name)}`, { method: "PATCH", json }),
    done: () => {
      dialog.close();
      toast(t("models.said.off", { name: title }));
      changed();
    },
    leave: () => dialog.close(),
  });
  const dialog = openDialog({ title: t("models.off.title", { name: title }), kind: "dialog asking" }, h("p", {}, t("models.off.text"), first && ` ${t("models.off.default")}`), form.element);
  form.focus();
}
