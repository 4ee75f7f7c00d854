/* Making a comparison: two models, what they draw, and from which seed on. */
import { api } from "../core/api.js";
import { h } from "../core/dom.js";
import { Form, check, field, group } from "../core/form.js";
import { t } from "../core/i18n.js";
import { followStops, modelList, stopOf } from "../core/stopped.js";
import { openDialog } from "../overlay/dialog.js";
import { overlay } from "../overlay/overlay.js";
import { toast } from "../overlay/toast.js";
import { wear } from "../core/styles.js";
import { attempt } from "../core/actions.js";

const MOST = 20;
const USUAL = 12;
const LARGEST_SEED = 2 ** 32 - 1;

/** Ask what is to be compared, and have it drawn; `made` is told when it is under way. */
export async function askForComparison(made) {
  await wear(overlay().shadowRoot, "asking");
  let models = [];
  if (!(await attempt(async () => { models = await api("/models"); }))) return;
  const offered = models.filter(({ name }) => !stopOf(name));
  const lists = [0, 1].map((place) => modelList(models, (offered[place] ?? models[place])?.name));
  const [first, second] = lists.map(({ select }) => select);
  const sources = ["bundled", "mine", "given"].map((source, place) => h("input", { type: "radio", name: "source", value: source, checked: place === 0, onchange: () => tell() }));
  const count = h("input", { type: "number", min: 1, max: MOST, value: USUAL });
  const prompts = h("textarea", { rows: 5, placeholder: t("comparisons.prompts.example") });
  const seed = h("input", { type: "number", min: 0, max: LARGEST_SEED, value: 1 });
  const source = () => sources.find((one) => one.checked).value;
  const many = field("count", t("comparisons.count"), count);
  const written = field("prompts", t("comparisons.prompts"), prompts, { hint: t("comparisons.prompts.hint") });
  const tell = () => { many.element.hidden = source() === "given"; written.element.hidden = source() !== "given"; };
  const lines = () => prompts.value.split("\n").map((line) => line.trim()).filter(Boolean);
  const form = new Form({
    title: t("comparisons.make"), act: t("comparisons.make.act"),
    fields: [field("models", t("comparisons.first"), first), field("second", t("comparisons.second"), second, { body: [second, lists[1].why] }),
      group("source", t("comparisons.source"), sources, h("div", { class: "checks" }, sources.map((box) => check(box, t(`comparisons.source.${box.value}`))))),
      many, written, field("seed", t("comparisons.seed"), seed, { hint: t("comparisons.seed.hint") })],
    read: (wrong) => {
      for (const [name, { value }] of [["models", first], ["second", second]]) if (stopOf(value)) wrong(name, t("stopped.chosen", { name: value }));
      if (first.value === second.value) wrong("second", t("comparisons.same"));
      if (source() === "given" && !lines().length) wrong("prompts", t("comparisons.prompts.none"));
      if (source() === "given" && lines().length > MOST) wrong("prompts", t("comparisons.prompts.many"));
      const what = source() === "given" ? { prompts: lines() } : { source: source(), count: count.valueAsNumber || USUAL };
      return { models: [first.value, second.value], seed: seed.valueAsNumber || 0, ...what };
    },
    send: (json) => api("/comparisons", { method: "POST", json }),
    done: () => {
      dialog.close();
      toast(t("comparisons.said.made"));
      made();
    },
    leave: () => dialog.close(),
  });
  tell();
  const dialog = openDialog({ title: t("comparisons.make"), kind: "dialog asking" }, h("p", {}, t("comparisons.make.text")), form.element);
  followStops(dialog, () => lists.forEach(({ show }) => show()));
  form.focus();
}
