/* Stopping something at once: what, why, and how much that ends, which is counted before. */
import { api } from "../core/api.js";
import { h } from "../core/dom.js";
import { Form, check, field, group } from "../core/form.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { wear } from "../core/styles.js";
import { openDialog } from "../overlay/dialog.js";
import { overlay } from "../overlay/overlay.js";
import { toast } from "../overlay/toast.js";

const SCOPES = ["model", "category", "everything"];
const LONGEST_REASON = 300;

/** Ask what is to be stopped, and stop it; resolves when that is over. */
export async function askForStop(now, changed) {
  await Promise.all(["asking", "system"].map((name) => wear(overlay().shadowRoot, name)));
  return new Promise((over) => {
    const form = stopForm(now, changed, () => dialog.close());
    const dialog = openDialog({ title: t("emergency.stop"), kind: "dialog asking" }, form.element);
    dialog.addEventListener("close", over);
    form.focus();
  });
}

function stopForm({ models, categories }, changed, leave) {
  const scopes = SCOPES.map((value) => h("input", { type: "radio", name: "scope", value, checked: value === "model", onchange: () => choose() }));
  const named = h("select", { onchange: () => count() });
  const reason = h("input", { type: "text", maxlength: LONGEST_REASON, autocomplete: "off", required: true });
  const ends = h("p", { class: "ends", role: "status" });
  const sweep = h("input", { type: "checkbox" });
  const sweeping = h("div", { class: "field", hidden: true });
  const scope = () => scopes.find((box) => box.checked).value;
  const name = () => (scope() === "everything" ? "" : named.value);
  let reach = null;

  const naming = field("name", t("emergency.form.name"), named);
  const count = async () => {
    reach = null;
    ends.textContent = t("emergency.form.counting");
    const asked = `${scope()} ${name()}`;
    const told = await api(`/emergency/reach?${new URLSearchParams({ scope: scope(), name: name() })}`).catch(() => null);
    if (asked !== `${scope()} ${name()}`) return; // another was chosen meanwhile
    reach = told;
    ends.textContent = told ? endsIn(scope(), told) : t("emergency.form.uncounted");
    sweeping.hidden = !told?.released;
    sweep.checked = false;
    sweeping.replaceChildren(check(sweep, t("emergency.form.sweep", { count: number(told?.released ?? 0) }), t("emergency.form.sweep.hint")));
  };
  const choose = () => {
    naming.element.hidden = scope() === "everything";
    const options = scope() === "category" ? categories.map((one) => [one.name, one.title]) : models.map((one) => [one, one]);
    named.replaceChildren(...options.map(([value, title]) => h("option", { value }, title)));
    count();
  };
  const form = new Form({
    title: t("emergency.stop"), act: t("emergency.form.act"), leave,
    fields: [
      group("scope", t("emergency.form.scope"), scopes, h("div", { class: "checks" }, scopes.map((box) => check(box, t(`emergency.scope.${box.value}`), t(`emergency.scope.${box.value}.hint`))))),
      naming, field("reason", t("emergency.form.reason"), reason, { hint: t("emergency.form.reason.hint") }), { element: ends }, { element: sweeping },
    ],
    read: (wrong) => {
      if (reason.value.trim().length < 3) wrong("reason", t("emergency.form.reason.none"));
      return { scope: scope(), name: name(), reason: reason.value.trim() };
    },
    send: async (json) => {
      const expected = sweep.checked && !sweeping.hidden ? reach?.released : null;
      const { ended } = await api("/emergency/stops", { method: "POST", json });
      const swept = expected ? await api("/emergency/sweep", { method: "POST", json: { category: json.name, reason: json.reason, expected } }) : { image_ids: [] };
      return { ended, swept: swept.image_ids.length };
    },
    done: ({ ended, swept }) => {
      toast(t(swept ? "emergency.said.swept" : "emergency.said.stopped", { ended: number(ended), swept: number(swept) }));
      changed();
      leave();
    },
  });
  form.submit.classList.replace("primary", "danger");
  choose();
  return form;
}

function endsIn(scope, { queued, running, people, released }) {
  if (scope === "category") return t("emergency.form.ends.category", { released: number(released) });
  return t("emergency.form.ends", { queued: number(queued), running: number(running), people: number(people) });
}
