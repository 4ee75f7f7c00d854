/* A generation as a card, from the queue to the picture. Owns how it looks; what happens is in `core/actions`. */
import { AtElement } from "../core/element.js";
import { button, h, icon } from "../core/dom.js";
import { cancel, copy, pause, resume, retry, reuse, toFront } from "../core/actions.js";
import { contentOf, may } from "../core/api.js";
import { ago, decimal, when } from "../core/format.js";
import { t } from "../core/i18n.js";
import { ended, previewsOf, progressOf, running, store } from "../core/store.js";
import { openViewer } from "../viewer/viewer.js";
import { statusOf } from "./status.js";
import { Tile } from "./tile.js";

export class Card extends AtElement {
  static sheets = ["card"];

  /** Show this generation; again whenever more is known of it. */
  set generation(generation) {
    this.known = generation;
    if (this.shadowRoot) this.update();
  }

  get generation() {
    return this.known;
  }

  render() {
    const { parameters } = this.known;
    this.tiles = Array.from({ length: parameters.num_images }, () => new Tile(parameters, (image) => this.open(image), (image) => this.edit(image)));
    this.status = h("p", { class: "status" });
    this.bar = h("progress", { max: 1, value: 0, "aria-label": t("generate") });
    this.actions = h("div", { class: "actions" });
    this.offering = null;
    const count = this.tiles.length;
    this.shadowRoot.append(h("article", { class: "card", "aria-label": parameters.prompt.slice(0, 120) },
      h("div", { class: "tiles", "data-count": Math.min(count, 4) }, this.tiles.map((tile) => tile.element)),
      h("div", { class: "body" },
        h("p", { class: "prompt", title: parameters.prompt }, parameters.prompt),
        h("p", { class: "facts" }, this.facts(parameters)),
        this.into = h("a", { class: "into", hidden: true }),
        this.status, this.bar, this.actions)));
    previewsOf(this.known.id).forEach((preview) => this.preview(preview));
    this.update();
  }

  connected() {
    const mine = (act) => ({ detail }) => { if (detail.generation_id === this.known.id) act(detail); };
    may("generate").then((maker) => maker && this.draws()).catch(() => null);
    this.listen(store, "preview", mine((preview) => this.preview(preview)));
    this.listen(store, "progress", mine(() => this.showStatus()));
    this.listen(store, "generation", ({ detail }) => { if (detail.generation.id === this.known.id) this.generation = detail.generation; });
  }

  /** Whoever looks may draw: what that offers is loaded now. */
  async draws() {
    this.maker = await import("./drawing.js");
    this.offer();
  }

  edit(image) {
    this.maker?.edit(this.known, image);
  }

  update() {
    const { state, images } = this.known;
    this.dataset.state = state;
    images.forEach((image) => this.tiles[image.index]?.image(image));
    if (ended(this.known)) this.tiles.filter((_, index) => !images.some((image) => image.index === index)).forEach((tile) => tile.stop());
    this.showInto();
    this.showStatus();
    this.offer();
  }

  /** Lay out what can be done, anew only when that has changed: a button that is pressed stays. */
  offer() {
    const { id, state, images, waiting_for: waits } = this.known;
    const others = state === "queued" && running().some((one) => one.state === "queued" && one.id !== id);
    if (this.maker) this.tiles.forEach((tile) => tile.offer((image) => this.maker.menuOf(this.known, image)));
    const kind = [Boolean(this.maker), state, waits?.code === "paused", others, ...images.map((image) => image.moderation)].join();
    if (kind === this.offering) return;
    this.offering = kind;
    this.actions.replaceChildren(...this.offered(others));
  }

  preview(message) {
    const total = progressOf(this.known.id)?.total ?? this.known.parameters.num_inference_steps;
    if (!ended(this.known)) this.tiles[message.index]?.preview(message, Math.min(1, message.step / total));
  }

  showStatus() {
    const progress = progressOf(this.known.id);
    const status = statusOf(this.known, progress);
    this.status.textContent = status.text;
    this.status.className = `status ${status.kind}`;
    this.bar.hidden = ended(this.known);
    if (progress) this.bar.value = progress.step / progress.total;
    else this.bar.removeAttribute("value");
  }

  /** Say which gallery its images go into, unless none will. */
  showInto() {
    const { gallery, state } = this.known;
    this.into.hidden = !gallery || state === "failed" || state === "canceled";
    if (this.into.hidden) return;
    this.into.href = `/galleries?id=${gallery.id}`;
    this.into.title = t("card.into", { name: gallery.name });
    this.into.replaceChildren(icon("gallery"), h("span", {}, gallery.name));
  }

  open(image) {
    openViewer(this.known, image);
  }

  offered(others) {
    const one = this.known;
    if (one.state === "queued") return [stopButton(one), pauseButton(one), others && frontButton(one)].filter(Boolean);
    if (!ended(one)) return [stopButton(one)];
    const again = this.maker && one.state === "failed" && button({ kind: "button small primary", press: () => retry(one) }, icon("retry"), t("action.retry"));
    const released = one.images.find((image) => image.moderation === "released");
    const use = this.maker && button({ kind: "button small", press: () => reuse(one) }, icon("reuse"), t("action.reuse"));
    return [again, use, ...(this.maker?.buttonsOf(one) ?? []),
      released && downloadLink(released, one), released && galleryButton(one), seedButton(one)].filter(Boolean);
  }

  facts(parameters) {
    const made = h("time", { datetime: this.known.created_at, title: when(this.known.created_at) }, ago(this.known.created_at));
    const more = `${parameters.num_inference_steps} ${t("steps").toLowerCase()} · ${t("guidance").toLowerCase()} ${decimal(parameters.guidance_scale)}`;
    return [`${parameters.width} × ${parameters.height} · `, made, h("span", { class: "wide" }, more)];
  }
}

function stopButton(generation) {
  return button({ kind: "button small cancel", press: (event) => stop(event.currentTarget, generation) }, t("action.cancel"));
}

function pauseButton(generation) {
  const paused = generation.waiting_for?.code === "paused";
  const [act, word, picture] = paused ? [resume, "action.resume", "play"] : [pause, "action.pause", "pause"];
  return button({ kind: "button small", label: t(word), press: () => act(generation) }, icon(picture), t(word));
}

function frontButton(generation) {
  return button({ kind: "button small", title: t("action.front.hint"), press: () => toFront(generation) }, icon("front"), t("action.front"));
}

function stop(pressed, generation) {
  pressed.disabled = true;
  pressed.textContent = t("state.stopping");
  cancel(generation).then((done) => { if (!done) { pressed.disabled = false; pressed.textContent = t("action.cancel"); } });
}

/** Return the button that puts what was released of a generation into a gallery. */
function galleryButton(generation) {
  const press = async () => {
    const { openAddToGallery } = await import("../galleries/add.js");
    await openAddToGallery(generation.images.filter((image) => image.moderation === "released").map((image) => image.id));
  };
  return button({ kind: "button small", label: t("galleries.add"), press }, icon("gallery"));
}

/** Return a link that saves an image under a telling name. */
export function downloadLink(image, generation, kind = "button small") {
  const ending = image.content_type.split("/")[1] ?? "webp";
  const words = (image.words ?? generation.parameters).prompt.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 40);
  return h("a", { class: kind, href: contentOf(image.id, "full"), download: `${words || "atelier"}-${image.seed}.${ending}` }, icon("download"), t("action.download"));
}

function seedButton(generation) {
  if (generation.state !== "succeeded") return null;
  const { seed } = generation.parameters;
  return button({ kind: "button small quiet seed", label: t("action.copy_seed", { seed }), press: () => copy(String(seed), "seed.copied") }, icon("copy"), String(seed));
}
