/* The editor of steps: their words, how much they change, their order; and which of a lineage are kept. */
import { contentOf } from "../core/api.js";
import { button, h, icon } from "../core/dom.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { modelList } from "../core/stopped.js";
import { entry, menu } from "../core/menu.js";
import { say } from "../overlay/toast.js";
import { kindOf, nameOf, pictureOf } from "./words.js";

const MOST = 8;
const BLANK = { over: "image", masked: false, prompt: "", strength: null, upscale: null, outpaint: null, loras: [], control: [], model: null, seed: "keep" };
const SEES_LINES = ["scribble", "edges"];
const KINDS = { inpaint: { masked: true, strength: 0.8 }, redraw: { strength: 0.5 }, upscale: { upscale: { factor: 2, method: "diffusion" } }, upscale4: { upscale: { factor: 4, method: "diffusion" } }, draw: { over: "nothing" } };

export class StepsEditor {
  /** `rows` are { settings, image, kept, left_out }; with `draft` they are left out by a box, else taken away. */
  constructor(rows, draft = false) {
    Object.assign(this, { rows, draft, models: [] });
    this.list = h("ol", { class: "steps" });
    this.adder = menu({ kind: "button small", label: t("recipes.add"), text: t("recipes.add"), picture: "plus" }, () => this.offers());
    this.element = h("div", { class: "steps-editor" }, this.list, this.draft ? null : this.adder);
    this.lay();
  }

  /** Take the models on offer, the one that usually draws first: a ControlNet of its that sees lines may keep the shape of a picture. */
  offer(models) {
    this.models = models;
    this.sees = models[0]?.controls.find(({ kind, trouble }) => !trouble && SEES_LINES.includes(kind)) ?? null;
    this.lay();
  }

  /** Something was stopped or lifted. */
  stopped() {
    this.lists.forEach(({ show }) => show());
  }

  /** What to send: the steps that are kept, in their order. */
  get steps() {
    return this.rows.filter(({ kept }) => kept).map(({ settings }) => settings);
  }

  offers() {
    const kinds = Object.keys(KINDS).filter((kind) => kind !== "draw" || !this.rows.length);
    return kinds.map((kind) => entry(nameOf({ ...BLANK, ...KINDS[kind] }), "plus", () => this.add({ ...BLANK, ...KINDS[kind] })));
  }

  add(settings) {
    this.rows.push({ settings, kept: true });
    this.lay();
    this.list.lastElementChild.querySelector("textarea")?.focus();
  }

  lay(focus = null) {
    this.lists = [];
    this.list.replaceChildren(...this.rows.map((row, place) => this.row(row, place)));
    if (!this.draft) this.adder.hidden = this.rows.length >= MOST;
    if (focus) (this.list.children[focus.place]?.querySelector(`[data-act=${focus.act}]:not(:disabled)`) ?? this.list.children[focus.place]?.querySelector("button:not(:disabled), input"))?.focus();
  }

  row(row, place) {
    const { settings } = row;
    const name = nameOf(settings);
    const tool = (act, picture, word, press, off = false) => button({ kind: "round tiny", "data-act": act, label: t(word, { step: place + 1, name }), disabled: off, press }, icon(picture));
    const keep = this.draft && h("input", { type: "checkbox", checked: row.kept, "aria-label": t("recipes.keep", { step: place + 1, name }), onchange: ({ target }) => { row.kept = target.checked; item.classList.toggle("out", !row.kept); } });
    const item = h("li", { class: row.kept ? "" : "out" },
      h("div", { class: "head" }, keep || null,
        row.image && h("img", { src: contentOf(row.image, "thumb"), alt: "", width: 44, height: 44 }), pictureOf(settings), h("b", {}, `${place + 1}. ${name}`),
        h("span", { class: "tools" },
          tool("up", "up", "recipes.up", () => this.move(place, -1), !this.moves(place, -1)), tool("down", "down", "recipes.down", () => this.move(place, 1), !this.moves(place, 1)),
          !this.draft && tool("out", "trash", "recipes.out", () => this.remove(place)))),
      this.words(row, place, name), this.strength(settings, place, name), this.model(settings, place), this.shape(settings, place), this.decoder(settings, place), this.seed(settings, place, name),
      row.left_out?.length ? h("small", { class: "left-out" }, t("recipes.left_out", { names: row.left_out.join(", ") })) : null);
    return item;
  }

  words({ settings }, place, name) {
    if (settings.upscale?.method === "resample") return null;
    const area = h("textarea", { rows: 2, maxlength: 2000, "aria-label": t("recipes.step.prompt", { step: place + 1, name }), placeholder: t("recipes.step.prompt.empty"), oninput: () => { settings.prompt = area.value; } });
    area.value = settings.prompt;
    return area;
  }

  strength(settings, place, name) {
    if (kindOf(settings) === "draw" || settings.upscale?.method === "resample") return null;
    const value = settings.strength ?? (settings.upscale ? 0.2 : 0.75);
    const shown = h("output", {}, `${number(Math.round(value * 100))} %`);
    const range = h("input", { type: "range", min: 1, max: 100, step: 1, value: Math.round(value * 100), "aria-label": t("recipes.step.strength", { step: place + 1, name }), oninput: () => { settings.strength = Number(range.value) / 100; shown.textContent = `${number(Number(range.value))} %`; } });
    return h("label", { class: "how-much" }, h("span", {}, t("recipes.strength")), range, shown);
  }

  /** Which model draws a step: the usual one, or one by its name. */
  model(settings, place) {
    const named = settings.model;
    if (!named && this.models.length < 2) return null;
    const usual = { name: "", drawn: this.models[0]?.name, title: t("recipes.model.usual") };
    const gone = named && this.models.every(({ name }) => name !== named) ? [{ name: named, title: named }] : [];
    const change = ({ target }) => { settings.model = target.value || null; this.lay({ place, act: "model" }); };
    const list = modelList([usual, ...this.models, ...gone], named ?? "", { "data-act": "model", "aria-label": t("recipes.model.named", { step: place + 1 }), onchange: change });
    this.lists.push(list);
    return h("div", { class: "by" }, h("label", {}, h("span", {}, t("model")), list.select), list.why);
  }

  /** Whether a step is decoded small, as drafts are, where its model can do that. */
  decoder(settings, place) {
    const model = settings.model ? this.models.find(({ name }) => name === settings.model) : this.models[0];
    const tiny = settings.decoder === "tiny";
    if (!tiny && (model?.draft?.decoder !== "tiny" || settings.upscale?.method === "resample")) return null;
    const box = h("input", { type: "checkbox", checked: tiny, "aria-label": t("recipes.decoder.named", { step: place + 1 }), onchange: () => { settings.decoder = box.checked ? "tiny" : null; } });
    return h("label", { class: "check" }, box, h("span", {}, t("recipes.decoder")));
  }

  /** Whether a step keeps the shape of what it draws over, where the model, or the step itself, has what sees it. */
  shape(settings, place) {
    const own = settings.control?.length ? settings.control : null;
    const by = own ?? (this.sees && [{ name: this.sees.name, prepare: "edges", scale: this.sees.scale }]);
    if (!by || settings.over === "nothing" || settings.upscale) return null;
    const box = h("input", { type: "checkbox", checked: Boolean(own), "aria-label": t("recipes.shape.named", { step: place + 1 }), onchange: () => { settings.control = box.checked ? by : []; } });
    return h("label", { class: "check" }, box, h("span", {}, t("recipes.shape", { names: by.map(({ name }) => name).join(", ") })));
  }

  seed(settings, place, name) {
    const box = h("input", { type: "checkbox", checked: settings.seed === "new", "aria-label": t("recipes.seed.new.named", { step: place + 1, name }), onchange: () => { settings.seed = box.checked ? "new" : "keep"; } });
    return h("label", { class: "check" }, box, h("span", {}, t("recipes.seed.new")));
  }

  /** Say whether a step may go there: one that draws from nothing stays the first. */
  moves(place, by) {
    const other = this.rows[place + by];
    return Boolean(other) && [this.rows[place], other].every(({ settings }) => settings.over !== "nothing");
  }

  move(place, by) {
    const [row] = this.rows.splice(place, 1);
    this.rows.splice(place + by, 0, row);
    this.lay({ place: place + by, act: by < 0 ? "up" : "down" });
    say(t("recipes.moved", { step: place + by + 1, name: nameOf(row.settings) }));
  }

  remove(place) {
    this.rows.splice(place, 1);
    this.lay({ place: Math.min(place, this.rows.length - 1), act: "out" });
    if (!this.rows.length) this.adder.querySelector("button").focus();
  }
}
