/* The form of a webhook, to add one or to change it. */
import { h } from "../core/dom.js";
import { Form, check, checks, field, group } from "../core/form.js";
import { t } from "../core/i18n.js";

export const KINDS = ["generation.succeeded", "generation.failed", "generation.canceled", "image.held", "image.decided"];
const LONGEST = { url: 2000, description: 200 };

/** Return the form; `send` takes what was filled in, `done` is told its result, `leave` that nothing changes. */
export function webhookForm({ title, act, webhook = null, send, done, leave }) {
  const url = h("input", { type: "url", inputmode: "url", required: true, autocomplete: "off", spellcheck: "false", placeholder: t("webhooks.url.placeholder"), maxlength: LONGEST.url, value: webhook?.url });
  const description = h("input", { type: "text", autocomplete: "off", maxlength: LONGEST.description, value: webhook?.description, placeholder: t("webhooks.description.placeholder") });
  const kinds = KINDS.map((kind) => h("input", { type: "checkbox", value: kind, checked: (webhook?.kinds ?? KINDS).includes(kind) }));
  const prompt = h("input", { type: "checkbox", checked: webhook?.include_prompt });
  return new Form({
    title, act, send, done, leave,
    fields: [
      field("url", t("webhooks.url"), url, { hint: t("webhooks.url.hint") }), field("description", t("webhooks.description"), description),
      group("kinds", t("webhooks.kinds"), kinds, checks(kinds, (kind) => t(`webhooks.kind.${kind}`))),
      { element: check(prompt, t("webhooks.include_prompt"), t("webhooks.include_prompt.hint")) },
    ],
    read: (wrong) => {
      const chosen = kinds.filter((box) => box.checked).map((box) => box.value);
      if (!url.value.trim()) wrong("url", t("webhooks.url.none"));
      if (!chosen.length) wrong("kinds", t("webhooks.kinds.none"));
      return { url: url.value.trim(), description: description.value.trim(), kinds: chosen, include_prompt: prompt.checked };
    },
  });
}
