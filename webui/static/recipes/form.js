/* The form of a recipe: a new one, one that is there, or the steps that made an image. */
import { api, may } from "../core/api.js";
import { h } from "../core/dom.js";
import { Form, check, field, group } from "../core/form.js";
import { t } from "../core/i18n.js";
import { followStops } from "../core/stopped.js";
import { wear } from "../core/styles.js";
import { VISIBILITIES, ask } from "../galleries/parts.js";
import { overlay } from "../overlay/overlay.js";
import { offer, toast } from "../overlay/toast.js";
import { StepsEditor } from "./steps.js";

const NEW = { title: "", description: "", visibility: "private", steps: [] };

/** Write a new recipe, or change one. */
export function writeRecipe(recipe = NEW) {
  const rows = recipe.steps.map((settings) => ({ settings: { ...settings }, kept: true }));
  return open(recipe, new StepsEditor(rows), t(recipe.id ? "recipes.edit.title" : "recipes.new"));
}

/** Keep the steps that made an image; which of them, one chooses. Drawing the first one from words is left out at first. */
export async function saveSteps(image) {
  let draft;
  try {
    draft = await api(`/images/${image.id}/steps`);
  } catch (error) {
    return toast(t("trouble.action", { reason: error.message }), "bad");
  }
  const edits = draft.steps.some(({ settings }) => settings.over === "image");
  const rows = draft.steps.map(({ settings, image_id: made, left_out }) => ({ settings, image: made, left_out, kept: !edits || settings.over === "image" }));
  const hint = [t(edits ? "recipes.save.hint" : "recipes.save.alone"), draft.earlier && t("recipes.save.earlier")].filter(Boolean).join(" ");
  return open(NEW, new StepsEditor(rows, true), t("recipes.save.title"), hint);
}

async function open(recipe, editor, title, hint = null) {
  const [{ fields, read }, models] = await Promise.all([fieldsOf(recipe, editor), api("/models").catch(() => [])]);
  editor.offer(models);
  const form = new Form({
    title, act: t("galleries.save"), leave: () => dialog.close(), fields,
    read: (wrong) => {
      if (!editor.steps.length) wrong("steps", t("recipes.steps.none"));
      return read();
    },
    send: (json) => (recipe.id ? api(`/recipes/${recipe.id}`, { method: "PATCH", json }) : api("/recipes", { method: "POST", json })),
    done: () => { dialog.close(); said(); },
  });
  await wear(overlay().shadowRoot, "recipe_forms");
  const dialog = await ask(title, hint && h("p", { class: "sub" }, hint), form.element);
  dialog.classList.add("wide");
  followStops(dialog, () => editor.stopped());
  form.focus();
  dialog.scrollTop = 0; // a long form begins with its heading
}

/** Return the fields of a recipe, filled in; showing one to everyone is offered to whoever administers. */
async function fieldsOf(recipe, editor) {
  const administers = await may("administer").catch(() => false);
  const title = h("input", { type: "text", autocomplete: "off", maxlength: 80, required: true, value: recipe.title, placeholder: t("recipes.name.placeholder") });
  const description = h("textarea", { rows: 2, maxlength: 500 });
  description.value = recipe.description;
  const values = VISIBILITIES.filter((value) => value !== "everyone" || administers || recipe.visibility === value);
  const doors = values.map((value) => h("input", { type: "radio", name: "visibility", value, checked: value === recipe.visibility }));
  const steps = group("steps", t("recipes.steps"), [title], editor.element);
  const fields = [
    field("title", t("recipes.name"), title), field("description", t("recipes.description"), description), steps,
    group("visibility", t("recipes.visibility"), doors, h("div", { class: "checks" }, doors.map((box) => check(box, t(`galleries.visibility.${box.value}`))))),
  ];
  const read = () => ({ title: title.value.trim(), description: description.value.trim(), visibility: doors.find((box) => box.checked).value, steps: editor.steps });
  return { fields, read };
}

function said() {
  document.dispatchEvent(new Event("atelier:recipes"));
  if (location.pathname === "/recipes") toast(t("recipes.said.saved"));
  else offer(t("recipes.said.saved"), t("recipes.show"), () => location.assign("/recipes"));
}
