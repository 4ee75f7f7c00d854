/* Recipes as cards: their name, whose they are, and their steps in a row. */
import { api } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { failed, ghosts, nothing } from "../core/lists.js";
import { entry, menu } from "../core/menu.js";
import { door } from "../galleries/parts.js";
import { sure } from "../overlay/sure.js";
import { toast } from "../overlay/toast.js";
import { chainOf } from "./words.js";

const PAGE = 24;

export class Kept {
  /** `maker`: whether the person draws at all; `make` opens the form of a new recipe. */
  constructor(maker, make) {
    Object.assign(this, { maker, make });
    this.list = h("ul", { class: "recipes" });
    this.foot = h("div", { class: "foot", "aria-live": "polite" });
    this.element = h("div", {}, this.list, this.foot);
  }

  /** Load the first page anew. */
  look() {
    this.cursor = null;
    this.list.replaceChildren(h("li", {}, ghosts("ghost recipe-ghost", 3)));
    this.foot.replaceChildren();
    return this.more();
  }

  async more() {
    const first = this.cursor === null;
    const asked = (this.asked = {});
    const query = new URLSearchParams({ limit: PAGE, ...(this.cursor && { cursor: this.cursor }) });
    try {
      const { items, next_cursor: next } = await api(`/recipes?${query}`);
      if (this.asked !== asked) return;
      if (first) this.list.replaceChildren();
      this.list.append(...items.map((recipe) => this.card(recipe)));
      this.cursor = next;
      this.foot.replaceChildren(...this.footer(next));
    } catch {
      if (this.asked !== asked) return;
      if (first) this.list.replaceChildren();
      this.foot.replaceChildren(failed(t("recipes.error"), () => (first ? this.look() : this.more())));
    }
  }

  footer(next) {
    if (next) return [button({ press: () => this.more() }, t("galleries.more"))];
    if (this.list.children.length) return [];
    const act = this.maker ? [button({ kind: "button primary", press: this.make }, icon("plus"), t("recipes.new"))] : [];
    return [nothing("recipe", t("recipes.empty.title"), t("recipes.empty.text"), ...act)];
  }

  card(recipe) {
    const { title, description, visibility, owner, mine, steps } = recipe;
    const acts = this.maker && h("div", { class: "acts" },
      button({ kind: "button small primary", label: t("recipes.run.named", { title }), press: () => run(recipe) }, icon("play"), h("span", {}, t("recipes.run"))),
      recipe.can_change && menu({ kind: "round", label: t("recipes.more", { title }) }, () => [
        entry(t("recipes.edit"), "brush", () => change(recipe)),
        entry(t("recipes.delete"), "trash", () => remove(recipe))]));
    return h("li", { class: "recipe" },
      h("div", { class: "top" }, h("div", { class: "named" }, h("h2", {}, title),
        h("p", { class: "facts" }, door(visibility), h("span", {}, mine ? t("galleries.yours") : t("galleries.of", { name: owner.name })))), acts || null),
      description && h("p", { class: "about" }, description), chainOf(steps));
  }
}

async function run(recipe) {
  const { openRun } = await import("./run.js");
  openRun([], recipe);
}

async function change(recipe) {
  const { writeRecipe } = await import("./form.js");
  writeRecipe(recipe);
}

async function remove(recipe) {
  if (!(await sure("recipes.remove", { title: recipe.title }))) return;
  const done = await attempt(() => api(`/recipes/${recipe.id}`, { method: "DELETE" }));
  if (!done) return;
  toast(t("recipes.said.deleted"));
  document.dispatchEvent(new Event("atelier:recipes"));
}
