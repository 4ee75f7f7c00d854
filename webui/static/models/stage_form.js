/* Giving a model another stage: which, for how many people where it is a canary, and why. */
import { api } from "../core/api.js";
import { h } from "../core/dom.js";
import { Form, check, field, group } from "../core/form.js";
import { t } from "../core/i18n.js";
import { openDialog } from "../overlay/dialog.js";
import { overlay } from "../overlay/overlay.js";
import { toast } from "../overlay/toast.js";
import { wear } from "../core/styles.js";

const LONGEST_REASON = 300;
const USUAL_SHARE = 5;

/** Ask which stage of `moves` the model is to have, and move it. */
export async function askForStage({ name, title, stage, share, moves, changed }) {
  await wear(overlay().shadowRoot, "asking");
  const choices = stage === "canary" ? ["canary", ...moves] : moves;
  const stages = choices.map((one) => h("input", { type: "radio", name: "stage", value: one, onchange: () => tell() }));
  const percent = h("input", { type: "number", min: 1, max: 50, step: 1, value: share ?? USUAL_SHARE, inputmode: "numeric" });
  const reason = h("input", { type: "text", maxlength: LONGEST_REASON, autocomplete: "off", placeholder: t("models.reason.example") });
  const chosen = () => stages.find((one) => one.checked)?.value;
  const sharing = field("share", t("models.share"), percent, { hint: t("models.share.hint") });
  const why = field("reason", t("models.reason"), reason, { hint: t("models.reason.hint") });
  const tell = () => {
    sharing.element.hidden = chosen() !== "canary";
    reason.required = chosen() === "retired";
  };
  const form = new Form({
    title: t("models.move.title", { name: title }), act: t("models.move.act"),
    fields: [group("stage", t("models.stage"), stages, h("div", { class: "checks" }, stages.map((box) => check(box, t(`stage.${box.value}`), t(`stage.${box.value}.hint`))))), sharing, why],
    read: (wrong) => {
      if (!chosen()) wrong("stage", t("models.stage.none"));
      if (chosen() === "retired" && !reason.value.trim()) wrong("reason", t("models.reason.none"));
      const canary = chosen() === "canary";
      if (canary && !(percent.valueAsNumber >= 1 && percent.valueAsNumber <= 50)) wrong("share", t("models.share.wrong"));
      return { stage: chosen(), reason: reason.value, ...(canary ? { share: percent.valueAsNumber } : {}) };
    },
    send: (json) => api(`/models/${encodeURIComponent(name)}`, { method: "PATCH", json }),
    done: ({ stage: now }) => {
      dialog.close();
      toast(t("models.said.moved", { name: title, stage: t(`stage.${now}`) }));
      changed();
    },
    leave: () => dialog.close(),
  });
  tell();
  const dialog = openDialog({ title: t("models.move.title", { name: title }), kind: "dialog asking" }, h("p", {}, t("models.move.text")), form.element);
  form.focus();
}
