/* The dialog that keeps settings as a preset, those in the form or those of a generation, and the one that changes a preset. */
import { api, may } from "../core/api.js";
import { h } from "../core/dom.js";
import { decimal } from "../core/format.js";
import { check, Form, field } from "../core/form.js";
import { t } from "../core/i18n.js";
import { SAMPLERS } from "../core/settings.js";
import * as sheets from "../core/styles.js";
import { openDialog } from "../overlay/dialog.js";
import { overlay } from "../overlay/overlay.js";
import { toast } from "../overlay/toast.js";
import { decoded, fromParameters } from "./fields.js";
import { values } from "./form.js";
import { wear, worn } from "./style.js";

const BARE = "{prompt}";

/** Ask for a name and keep what stands in the form, as much of it as is wanted; the form wears it from then on. */
export const savePreset = () => save(values(), worn()?.parameters, (preset) => { wear(preset); toast(t("presets.saved", { name: preset.name })); });

/** Ask for a name and keep the settings of a generation. */
export const savePresetOf = ({ parameters }) => save(fromParameters(parameters), null, ({ name }) => toast(t("presets.kept", { name })));

function save({ prompt, negative_prompt: avoided, steps, guidance, scheduler, ratio, tiny }, style, done) {
  const draft = Boolean(decoded({ steps, guidance, scheduler, tiny }));
  const parts = [
    part("look", t(draft ? "presets.part.draft" : "presets.part.look", { steps, guidance: decimal(guidance), sampler: SAMPLERS[scheduler] ?? t("scheduler.usual") }),
      { num_inference_steps: steps, guidance_scale: guidance, scheduler: scheduler || null, decoder: draft ? "tiny" : null }),
    part("ratio", t("presets.part.shape", { shape: t(`ratio.${ratio}`) }), { ratio }),
    (avoided || style?.negative_prompt) && part("avoid", t("presets.part.avoid"), { negative_prompt: [avoided, style?.negative_prompt].filter(Boolean).join(", ") }),
  ].filter(Boolean);
  return show({
    title: t("presets.save.title"), act: t("presets.save.act"), template: style?.template ?? (prompt.trim() ? `${prompt.trim()}, ${BARE}` : BARE), parts,
    send: (wanted) => api("/presets", { method: "POST", json: wanted }), done,
  });
}

/** Change the name, the template or who sees a preset. */
export function editPreset(preset) {
  show({
    title: t("presets.edit.title"), act: t("presets.edit.act"), preset, template: preset.parameters.template ?? BARE, parts: [],
    send: (wanted) => api(`/presets/${preset.id}`, { method: "PATCH", json: wanted }),
    done: (changed) => { if (worn()?.id === changed.id) wear(changed); toast(t("presets.changed")); },
  });
}

async function show({ title, act, preset = null, template, parts, send, done }) {
  const [visibilities] = await Promise.all([whoCanSee(preset), sheets.wear(overlay().shadowRoot, "preset_form")]);
  const name = h("input", { type: "text", maxlength: 80, autocomplete: "off", value: preset?.name ?? "", autofocus: true });
  const words = h("textarea", { rows: 2, maxlength: 2000 });
  words.value = template;
  const seen = h("select", {}, visibilities.map((one) => h("option", { value: one, selected: one === preset?.visibility }, t(`presets.visibility.${one}`))));
  const taken = parts.length && { element: h("fieldset", {}, h("legend", {}, t("presets.parts")), parts.map(({ box, label }) => check(box, label))) };
  const form = new Form({
    title, act, send,
    fields: [field("name", t("presets.name"), name), field("parameters", t("presets.template"), words, { hint: t("presets.template.hint") }), taken,
      field("visibility", t("presets.visibility"), seen)].filter(Boolean),
    read: () => ({ name: name.value.trim(), visibility: seen.value, parameters: parametersOf(preset, words.value.trim(), parts) }),
    done: (answer) => { dialog.close(); done(answer); },
    leave: () => dialog.close(),
  });
  const dialog = openDialog({ title, kind: "dialog preset" }, form.element);
  name.focus();
}

function part(name, label, sets) {
  return { label, sets, box: h("input", { type: "checkbox", value: name, checked: name !== "ratio" }) };
}

function parametersOf(preset, template, parts) {
  const chosen = parts.filter(({ box }) => box.checked).map(({ sets }) => sets);
  return Object.assign({}, preset?.parameters, { template: template && template !== BARE ? template : null }, ...chosen);
}

async function whoCanSee(preset) {
  const everyone = preset?.visibility === "everyone" || await may("administer");
  return ["private", "team", everyone && "everyone"].filter(Boolean);
}
