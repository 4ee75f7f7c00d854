/* Running a recipe: which one, over what, with which words and mask, and what that costs. */
import { ApiError, api, contentOf } from "../core/api.js";
import { button, h, icon } from "../core/dom.js";
import { Form, field, group } from "../core/form.js";
import { credits, number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { failed, ghosts, nothing } from "../core/lists.js";
import { followStops, stopLines } from "../core/stopped.js";
import { wear } from "../core/styles.js";
import { addressOf, bring, whyNot } from "../edit/bring.js";
import { ask } from "../galleries/parts.js";
import { overlay } from "../overlay/overlay.js";
import { offer } from "../overlay/toast.js";
import { MaskOf } from "./mask.js";
import { chainOf } from "./words.js";

const LATEST = 8;
const MOST = 50;
const PRICE_AFTER_MS = 300;

/** Ask what to run over these images, and run it; without images, over one that is chosen here. */
export async function openRun(imageIds, recipe = null) {
  await wear(overlay().shadowRoot, "recipe_forms");
  const space = h("div", {}, ghosts());
  const dialog = await ask(t("recipes.run.title"), space);
  dialog.classList.add("wide");
  const look = async () => {
    try {
      const [recipes, [model]] = await Promise.all([recipe ? [recipe] : api("/recipes?limit=100").then(({ items }) => items), api("/models").catch(() => [])]);
      if (recipes.length) new RunForm(dialog, space, recipes, imageIds.slice(0, MOST), model?.name).show(recipes[0]);
      else space.replaceChildren(nothing("recipe", t("recipes.empty.title"), t("recipes.empty.text"), h("a", { class: "button", href: "/recipes" }, t("recipes.show"))));
    } catch {
      space.replaceChildren(failed(t("recipes.error"), look));
    }
  };
  await look();
}

class RunForm {
  /** `usual` is the model that draws the steps which name none. */
  constructor(dialog, space, recipes, imageIds, usual) {
    Object.assign(this, { dialog, space, recipes, usual, words: "" });
    this.stops = h("div", { class: "stopped-models", role: "status" });
    followStops(dialog, () => this.tellStops());
    this.over = imageIds.map((id) => ({ id, kind: "image" }));
    this.given = imageIds.length > 0;
    this.key = crypto.randomUUID();
  }

  async show(recipe) {
    this.recipe = recipe;
    const { needs } = recipe;
    const fields = [this.chooser()];
    if (needs.image) fields.push(await this.pictures());
    if (needs.prompt) fields.push(this.prompt());
    this.mask = needs.mask ? new MaskOf(() => this.over[0], () => this.changed()) : null;
    if (this.mask) fields.push(this.mask.field);
    this.price = h("p", { class: "price", role: "status" });
    const form = new Form({
      title: t("recipes.run.title"), act: t("recipes.run"), leave: () => this.dialog.close(), fields,
      read: () => this.read(),
      send: (json) => api(`/recipes/${recipe.id}/runs`, { method: "POST", json, headers: { "idempotency-key": this.key } }),
      done: ({ items }) => this.begun(items),
    });
    this.form = form;
    form.element.querySelector(".row-of").before(this.stops, this.price);
    this.tellStops();
    this.space.replaceChildren(form.element);
    form.focus();
    this.dialog.scrollTop = 0;
    this.ask();
  }

  /** Say which of its models are stopped: then it cannot be run. */
  tellStops() {
    if (!this.form) return;
    const lines = stopLines(this.recipe.steps.map(({ model }) => model ?? this.usual));
    this.stops.replaceChildren(...lines);
    this.form.submit.disabled = lines.length > 0;
  }

  /** Which recipe: a list where there are several. What its steps are stands below. */
  chooser() {
    const select = h("select", { onchange: () => this.show(this.recipes[select.selectedIndex]) }, this.recipes.map((one) => h("option", { value: one.id, selected: one === this.recipe }, one.title)));
    return field("recipe", t("recipes.one"), select, { body: h("div", { class: "chosen" }, select, chainOf(this.recipe.steps)) });
  }

  /** The pictures it was opened for; or the latest images, and a file, to choose one from. */
  async pictures() {
    if (this.given) {
      const shown = h("div", { class: "given" }, this.over.slice(0, LATEST).map(({ id }) => h("img", { src: contentOf(id, "thumb"), alt: "", width: 72, height: 72 })));
      const count = this.over.length > 1 && h("small", {}, t("recipes.over.many", { count: number(this.over.length) }));
      return group("over", t(this.over.length > 1 ? "recipes.over.images" : "recipes.over"), [], shown, count || null);
    }
    const { items } = await api(`/images?limit=${LATEST}`).catch(() => ({ items: [] }));
    const latest = items.filter(({ moderation }) => moderation === "released");
    this.boxes = h("div", { class: "given" }, latest.map(({ id, parameters }) => this.box({ id, kind: "image" }, contentOf(id, "thumb"), parameters.prompt.slice(0, 80))));
    const file = h("input", { type: "file", accept: "image/png,image/jpeg,image/webp", hidden: true, onchange: () => this.bring(file.files[0]) });
    const bringing = button({ kind: "button small", press: () => file.click() }, icon("picture"), t("recipes.over.bring"));
    this.trouble = h("p", { class: "wrong", role: "alert" });
    return group("over", t("recipes.over"), [bringing], this.boxes, bringing, file, this.trouble);
  }

  box(picture, address, name) {
    const box = h("input", { type: "radio", name: "over", value: picture.id, "aria-label": name, checked: this.over[0]?.id === picture.id, onchange: () => { this.over = [picture]; this.mask?.forget(); this.changed(); } });
    return h("label", { class: "cover" }, box, h("img", { src: address, alt: "", width: 72, height: 72 }));
  }

  async bring(file) {
    if (!file) return;
    this.trouble.replaceChildren();
    try {
      const picture = await bring(file);
      this.over = [picture];
      this.boxes.prepend(this.box(picture, addressOf(picture), file.name));
      this.mask?.forget();
      this.changed();
    } catch (error) {
      this.trouble.replaceChildren(h("span", {}, whyNot(error)));
    }
  }

  prompt() {
    const area = h("textarea", { rows: 2, maxlength: 2000, placeholder: t("recipes.prompt.placeholder"), oninput: () => { this.words = area.value; this.changed(); } });
    area.value = this.words;
    return field("prompt", t("recipes.prompt"), area, { hint: t("recipes.prompt.hint") });
  }

  read() {
    const { needs } = this.recipe;
    return { ...(needs.image && { over: this.over.map(({ id }) => id) }), ...(needs.prompt && { prompt: this.words.trim() }), ...(this.mask?.id && { mask: this.mask.id }) };
  }

  /** Whatever was asked is another thing to run, with a key of its own; its price follows. */
  changed() {
    this.key = crypto.randomUUID();
    clearTimeout(this.asking);
    this.asking = setTimeout(() => this.ask(), PRICE_AFTER_MS);
  }

  /** Ask for the price once everything is given. */
  async ask() {
    const { needs, id } = this.recipe;
    const json = this.read();
    const whole = (!needs.image || json.over.length) && (!needs.prompt || json.prompt) && (!needs.mask || json.mask);
    const asked = (this.asked = {});
    if (!whole) return this.price.replaceChildren(t("recipes.price.waits"));
    try {
      const { credits: cost, runs, steps, remaining } = await api(`/recipes/${id}/runs?dry_run=true`, { method: "POST", json });
      if (this.asked !== asked) return;
      const left = remaining === null ? "" : ` · ${t("recipes.price.left", { left: credits(remaining) })}`;
      this.price.replaceChildren(`${t(runs === 1 ? "recipes.price.one" : "recipes.price", { cost: credits(cost), steps: number(steps), runs: number(runs) })}${left}`);
    } catch (error) {
      if (this.asked === asked) this.price.replaceChildren(error instanceof ApiError ? error.message : t("trouble.offline"));
    }
  }

  begun(runs) {
    this.dialog.close();
    const said = t(runs.length === 1 ? "recipes.said.begun" : "recipes.said.begun.many", { count: number(runs.length) });
    if (location.pathname === "/recipes") document.dispatchEvent(new Event("atelier:ran"));
    offer(said, t("recipes.watch"), () => location.assign("/recipes?show=runs"));
  }
}
