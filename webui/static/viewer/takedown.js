/* Taking an image down everywhere, by whoever reviews: why, what else with it, and how far that reaches. */
import { api } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { h } from "../core/dom.js";
import { Form, check, field } from "../core/form.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { wear } from "../core/styles.js";
import { openDialog } from "../overlay/dialog.js";
import { overlay } from "../overlay/overlay.js";
import { toast } from "../overlay/toast.js";

const LONGEST_REASON = 300;

/** Ask why this image is to be taken down, and do it; every open page hears of it from the API. */
export async function askToTakeDown({ id }) {
  let reach = null;
  const known = await attempt(async () => { [reach] = await Promise.all([api(`/images/${id}/takedown`), wear(overlay().shadowRoot, "asking")]); });
  if (!known) return;
  const category = h("select", { required: true }, h("option", { value: "" }, t("takedown.category.choose")), reach.categories.map((one) => h("option", { value: one.name }, one.title)));
  const reason = h("input", { type: "text", maxlength: LONGEST_REASON, autocomplete: "off", required: true });
  const also = ["children", "alike"].map((name) => ({ name, box: h("input", { type: "checkbox", disabled: !reach[name] }) }));
  const total = () => {
    const [children, alike] = also.map(({ box }) => box.checked);
    return 1 + (children && alike ? reach.both : children ? reach.children : alike ? reach.alike : 0);
  };
  const form = new Form({
    title: t("takedown.title"), act: t("takedown.act", { count: number(1) }), leave: () => dialog.close(),
    fields: [
      field("category", t("takedown.category"), category),
      field("reason", t("takedown.reason"), reason, { hint: t("takedown.reason.hint") }),
      { element: h("div", { class: "checks" }, also.map(({ name, box }) => check(box, t(`takedown.${name}`, { count: number(reach[name]) })))) },
    ],
    read: (wrong) => {
      if (!category.value) wrong("category", t("takedown.category.none"));
      if (reason.value.trim().length < 3) wrong("reason", t("takedown.reason.none"));
      return { category: category.value, reason: reason.value.trim(), expected: total(), ...Object.fromEntries(also.map(({ name, box }) => [name, box.checked])) };
    },
    send: (json) => api(`/images/${id}/takedown`, { method: "POST", json }),
    done: ({ image_ids: ids }) => { dialog.close(); toast(t("takedown.said", { count: number(ids.length) })); },
  });
  form.submit.classList.replace("primary", "danger");
  form.element.addEventListener("change", () => { form.submit.textContent = t("takedown.act", { count: number(total()) }); });
  const dialog = openDialog({ title: t("takedown.title"), kind: "dialog asking" },
    h("p", {}, t("takedown.text", { galleries: number(reach.galleries), links: number(reach.links) })), form.element);
  form.focus();
}
