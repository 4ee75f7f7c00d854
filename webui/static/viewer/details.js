/* Beside the picture: its prompt, what one can do with it, what the team thinks of it, its settings, where it comes from, what is said about it. */
import { api, may } from "../core/api.js";
import { copy, copyLink } from "../core/actions.js";
import { changed } from "../core/changes.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { openEdit, varyEntries } from "../edit/acts.js";
import { entry, menu } from "../core/menu.js";
import "../edit/icons.js";
import { Comments } from "./comments.js";
import { Curate } from "./curate.js";
import { downloads } from "./downloads.js";
import { Lineage } from "./lineage.js";
import { recallButtons, recallKeys } from "./recall.js";
import { settingsTable } from "./settings.js";
import { Similar } from "./similar.js";
import { TagEditor } from "./tags.js";

export class Details {
  constructor(viewer) {
    this.viewer = viewer;
    this.curate = new Curate();
    this.tags = new TagEditor();
    this.lineage = new Lineage((image) => viewer.show({ image, parameters: image.parameters }));
    this.comments = new Comments();
    this.similar = new Similar((image) => viewer.show({ image, parameters: image.parameters }));
    this.body = h("div", { class: "details" });
    this.element = h("aside", { "aria-label": t("viewer.info") }, this.body);
  }

  /** Show an item; what the library knows of it follows. */
  show(item) {
    this.item = item;
    this.known = "status" in item.image ? item.image : null;
    const section = (word, ...content) => h("section", {}, h("h2", {}, t(word)), ...content);
    this.body.replaceChildren(
      h("h2", {}, t("viewer.prompt"), button({ kind: "round tiny", label: t("viewer.copy_prompt"), press: () => copy(item.parameters.prompt) }, icon("copy"))),
      h("p", { class: "prompt" }, item.parameters.prompt),
      this.by = h("p", { class: "made" }),
      this.curate.element, this.tags.element,
      this.making = h("div", { class: "making", hidden: true }, recallButtons(item, () => this.viewer.dialog.close())),
      h("div", { class: "actions" }, this.again = h("span", { class: "drawing", hidden: true },
        button({ title: `${t("edit.act.hint")} · E`, press: () => this.edit() }, icon("brush"), t("edit.act")),
        menu({ label: t("action.vary"), text: t("action.vary"), picture: "vary" }, () => varyEntries(item, () => this.viewer.dialog.close())),
        this.enlarge = menu({ label: t("upscale.hint"), text: t("upscale"), picture: "enlarge" }, async () => (await import("../edit/upscale.js")).upscaleEntries(item, () => this.viewer.dialog.close()))),
        downloads(item), button({ kind: "button lone", label: t("galleries.add"), press: async () => (await import("../galleries/add.js")).openAddToGallery([item.image.id]) }, icon("gallery")),
        this.chained = h("span", { hidden: true }, menu({ label: t("recipes.title"), picture: "recipe", kind: "button lone" }, () => recipeEntries(item.image))), button({ kind: "button lone", label: t("action.copy_link"), press: () => copyLink(item.image) }, icon("link")),
        this.down = button({ kind: "button lone", label: t("takedown.title"), hidden: true, press: async () => (await import("./takedown.js")).askToTakeDown(item.image) }, icon("shield"))),
      section("viewer.settings", settingsTable(item)),
      this.lineage.element, this.comments.element, this.similar.element);
    this.curate.show(this.known);
    this.tags.show(this.known);
    this.lineage.show(null);
    this.comments.show(item.image.id);
    this.similar.load(item.image);
    may("generate").then((maker) => { if (this.item === item) this.making.hidden = this.again.hidden = this.chained.hidden = !maker; }).catch(() => null);
    may("review").then((reviewer) => { if (this.item === item) this.down.hidden = !(reviewer && item.image.moderation === "released"); }).catch(() => null);
    this.ask(item);
  }

  /** Ask the library what it knows: an image that it does not have is shown without. */
  async ask(item) {
    const known = await api(`/library/${item.image.id}`).catch(() => null);
    if (this.item !== item || !known) return;
    this.learn(known);
    this.lineage.load(known);
  }

  /** The image was changed: show how it is now. */
  changed(what) {
    if (this.known) this.learn(changed(this.known, what));
  }

  learn(known) {
    this.known = known;
    this.by.textContent = known.mine ? t("viewer.mine") : t("viewer.by", { name: known.owner.name });
    this.curate.show(known);
    this.tags.show(known);
  }

  edit() {
    this.viewer.dialog.close();
    openEdit(this.item);
  }

  keys() {
    const { item } = this;
    return { ...(!this.making.hidden && { e: () => this.edit(), u: () => this.enlarge.querySelector("button").click() }), b: () => this.lineage.compare(item), ...recallKeys(item, this.making.hidden, () => this.viewer.dialog.close()), ...this.curate.keys() };
  }
}

/** Return what recipes have to do with an image; each is loaded when it is asked for. */
const recipeEntries = (image) => [
  entry(t("recipes.act.run"), "play", async () => (await import("../recipes/run.js")).openRun([image.id])),
  entry(t("recipes.act.save"), "recipe", async () => (await import("../recipes/form.js")).saveSteps(image)),
];
