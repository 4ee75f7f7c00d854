/* A row of the history: one generation, its pictures small, its prompt with what changed, and what one can do with it. */
import { may } from "../core/api.js";
import { AtElement } from "../core/element.js";
import { button, h, icon } from "../core/dom.js";
import { attempt, cancel, copy, retry, reuse, vary } from "../core/actions.js";
import { credits, time, when } from "../core/format.js";
import { t } from "../core/i18n.js";
import { entry, menu } from "../core/menu.js";
import { differences } from "../core/settings.js";
import { ended, previewsOf, progressOf, store } from "../core/store.js";
import { statusOf } from "../card/status.js";
import { Tile } from "../card/tile.js";
import { openViewer } from "../viewer/viewer.js";
import { callOf } from "./call.js";
import { wordChanges } from "./changes.js";
import { askName, remember } from "./naming.js";

const SHOWN = 4;

export class Run extends AtElement {
  static sheets = ["run"];

  /** Show this generation; again whenever more is known of it. */
  set generation(generation) {
    this.known = generation;
    if (this.shadowRoot) this.update();
  }

  get generation() {
    return this.known;
  }

  /** The generation before this one, which its prompt is compared with; null: there is none. */
  set before(generation) {
    this.older = generation;
    if (this.shadowRoot) this.compare();
  }

  render() {
    const { parameters } = this.known;
    const shown = Math.min(SHOWN, parameters.num_images);
    this.tiles = Array.from({ length: shown }, () => new Tile(parameters, (image) => openViewer(this.known, image)));
    this.name = h("b", { class: "name" });
    this.prompt = h("p", { class: "prompt", title: parameters.prompt });
    this.changed = h("ul", { class: "changes" });
    this.status = h("p", { class: "status" });
    this.facts = h("p", { class: "facts" });
    this.actions = h("div", { class: "actions" });
    const beyond = parameters.num_images - shown;
    this.shadowRoot.append(h("article", { class: "run", "aria-label": parameters.prompt.slice(0, 120) },
      h("div", { class: "tiles", "data-count": shown }, this.tiles.map((tile) => tile.element), beyond > 0 && h("span", { class: "beyond" }, `+${beyond}`)),
      h("div", { class: "words" }, this.name, this.prompt, this.changed, this.facts, this.status),
      this.actions));
    previewsOf(this.known.id).forEach((preview) => this.preview(preview));
    this.update();
    this.compare();
  }

  connected() {
    const mine = (act) => ({ detail }) => { if (detail.generation_id === this.known.id) act(detail); };
    may("generate").then((maker) => { this.maker = maker; this.update(); }).catch(() => null);
    this.listen(store, "preview", mine((preview) => this.preview(preview)));
    this.listen(store, "progress", mine(() => this.tell()));
    this.listen(store, "generation", ({ detail }) => { if (detail.generation.id === this.known.id) this.generation = detail.generation; });
  }

  update() {
    const { images, name, pinned } = this.known;
    images.forEach((image) => this.tiles[image.index]?.image(image));
    if (ended(this.known)) this.tiles.filter((_, index) => !images.some((image) => image.index === index)).forEach((tile) => tile.stop());
    this.name.textContent = name ?? "";
    this.name.hidden = !name;
    this.toggleAttribute("pinned", pinned);
    this.tell();
    this.actions.replaceChildren(...this.offered());
  }

  preview(message) {
    const total = progressOf(this.known.id)?.total ?? this.known.parameters.num_inference_steps;
    if (!ended(this.known)) this.tiles[message.index]?.preview(message, Math.min(1, message.step / total));
  }

  tell() {
    const { kind, text } = statusOf(this.known, progressOf(this.known.id));
    this.status.className = `status ${kind}`;
    this.status.textContent = text;
    const { parameters: { model, width, height, seed }, credits: price, created_at: made } = this.known;
    const facts = [`${width} × ${height}`, `${t("seed").toLowerCase()} ${seed}`, model, t("credits.price", { count: credits(price) })];
    this.facts.replaceChildren(h("time", { datetime: made, title: when(made) }, time(made)), ...facts.map((fact) => h("span", {}, fact)));
  }

  /** Mark in the prompt, and below it, what is asked otherwise than the time before. */
  compare() {
    const { parameters } = this.known;
    const before = this.older?.parameters;
    const pieces = before ? wordChanges(before.prompt, parameters.prompt) : [{ kind: "same", text: parameters.prompt }];
    this.prompt.replaceChildren(...pieces.map(pieceOf));
    const related = before && (before.prompt === parameters.prompt || pieces.some((piece) => piece.kind !== "same"));
    this.changed.replaceChildren(...(related ? changesOf(this.older, this.known) : []));
  }

  offered() {
    const one = this.known;
    if (!ended(one)) return [button({ kind: "button small", press: () => cancel(one) }, t("action.cancel")), this.pin()];
    const again = one.state === "failed" ? [retry, "retry", "action.retry"] : [vary, "vary", "history.again"];
    const [act, picture, word] = again;
    const making = [button({ kind: "button small", title: t("action.vary.hint"), press: () => act(one) }, icon(picture), h("span", {}, t(word))),
      button({ kind: "button small", press: () => reuse(one) }, icon("reuse"), h("span", {}, t("history.load")))];
    return [...(this.maker ? making : []), this.pin(), this.more()];
  }

  pin() {
    const { pinned } = this.known;
    return button({
      kind: "button small pin", label: t(pinned ? "history.unpin" : "history.pin"), "aria-pressed": String(pinned),
      press: () => remember(this.known, { pinned: !this.known.pinned }),
    }, icon("pin"));
  }

  more() {
    const one = this.known;
    return menu({ label: t("history.more"), kind: "button small" }, () => [
      entry(t("history.name.title"), "create", () => askName(one)),
      this.maker && entry(t("history.preset"), "brush", () => savePreset(one)),
      entry(t("history.copy.prompt"), "copy", () => copy(one.parameters.prompt)),
      entry(t("history.copy.seed"), "copy", () => copy(String(one.parameters.seed), "seed.copied")),
      entry(t("history.copy.call"), "key", () => copy(callOf(one), "history.copied.call")),
    ]);
  }
}

/** Keep the settings of a generation as a preset; the form for it is the composer's. */
const savePreset = (generation) => attempt(async () => (await import("../composer/preset_form.js")).savePresetOf(generation));

function pieceOf({ kind, text }) {
  if (kind === "same") return text;
  return kind === "added" ? h("ins", {}, text) : h("del", {}, text);
}

/** Return what was set otherwise than the time before; the prompt shows it by itself, and the seed is expected to differ. */
function changesOf(before, now) {
  const shown = differences([before, now].map(({ parameters }) => ({ parameters }))).filter(({ name }) => name !== "prompt" && name !== "seed");
  return shown.map(({ name, label, texts: [old, fresh] }) => h("li", {}, name === "negative_prompt" ? t("history.avoid") : `${label} ${old || "–"} → ${fresh || "–"}`));
}
