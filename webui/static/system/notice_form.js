/* The form of the notice, with what everybody will see above it as one writes. */
import { api } from "../core/api.js";
import { h } from "../core/dom.js";
import { Form, check, field, group } from "../core/form.js";
import { t } from "../core/i18n.js";
import { askNotice, noticeNow } from "../core/notice.js";
import { wear } from "../core/styles.js";
import { openDialog } from "../overlay/dialog.js";
import { overlay } from "../overlay/overlay.js";
import { strip } from "../overlay/strip.js";
import { say } from "../overlay/toast.js";

const KINDS = ["info", "maintenance"];
const LONGEST = 500;

/** Ask for the notice, beginning with the one there is; resolves when that is over. */
export async function writeNotice() {
  await Promise.all(["asking", "strip", "system"].map((name) => wear(overlay().shadowRoot, name)));
  return new Promise((over) => {
    const form = noticeForm(noticeNow().notice, () => dialog.close());
    const dialog = openDialog({ title: t("system.notice.write"), kind: "dialog asking" }, form.element);
    dialog.addEventListener("close", over);
    form.focus();
  });
}

function noticeForm(notice, leave) {
  const kinds = KINDS.map((value) => h("input", { type: "radio", name: "kind", value, checked: value === (notice?.kind ?? "info") }));
  const text = h("textarea", { rows: 3, maxlength: LONGEST, required: true, placeholder: t("system.form.text.placeholder") });
  text.value = notice?.text ?? "";
  const starts = h("input", { type: "datetime-local", value: local(notice?.starts_at) });
  const ends = h("input", { type: "datetime-local", value: local(notice?.ends_at) });
  const kind = () => kinds.find((box) => box.checked).value;
  const wanted = () => ({ kind: kind(), text: text.value.trim(), starts_at: iso(starts), ends_at: iso(ends) });
  const form = new Form({
    title: t("system.notice.write"), act: t("system.form.post"), leave,
    fields: [
      group("kind", t("system.form.kind"), kinds, h("div", { class: "checks" },
        kinds.map((box) => check(box, t(`system.form.kind.${box.value}`), t(`system.form.kind.${box.value}.hint`))))),
      field("text", t("system.form.text"), text, { hint: t("system.form.text.hint", { most: LONGEST }) }),
      field("starts_at", t("system.form.starts"), starts, { hint: t("system.form.starts.hint") }),
      field("ends_at", t("system.form.ends"), ends, { hint: t("system.form.ends.hint") }),
    ],
    read: (wrong) => {
      if (!text.value.trim()) wrong("text", t("system.form.text.none"));
      for (const input of [starts, ends]) if (input.validity.badInput) wrong(input.id, t("system.form.no_time"));
      if (starts.value && ends.value && ends.value <= starts.value) wrong("ends_at", t("system.form.order"));
      return wanted();
    },
    send: (json) => api("/notice", { method: "PUT", json }),
    done: () => { say(t("system.said.posted")); askNotice(); leave(); },
  });
  const seen = h("div", { class: "preview", "aria-live": "polite" });
  const preview = () => seen.replaceChildren(strip(asTold(wanted())));
  form.element.addEventListener("input", preview);
  form.element.querySelector(".fields").after(h("div", { class: "field" }, h("span", { class: "caption" }, t("system.form.preview")), seen));
  preview();
  return form;
}

/** Return what is wanted as everybody would be told it. */
function asTold({ kind, text, starts_at: starts, ends_at: ends }) {
  const begun = !starts || Date.parse(starts) <= Date.now();
  return { notice: { kind, text: text || t("system.form.text.placeholder"), starts_at: starts ?? new Date().toISOString(), ends_at: ends }, in_force: begun };
}

/** Return what a field of day and time holds, in this zone, as the API wants it; null where it is empty. */
const iso = (input) => (input.value ? new Date(input.value).toISOString() : null);

/** Return a moment as a field of day and time holds it; empty for one that has passed, which is at once. */
function local(moment) {
  if (!moment || Date.parse(moment) <= Date.now()) return "";
  const there = new Date(moment);
  there.setMinutes(there.getMinutes() - there.getTimezoneOffset());
  return there.toISOString().slice(0, 16);
}
