/* The viewer: one image as large as the window allows, its settings, and what one can do with them. */
import { api, contentOf } from "../core/api.js";
import { button, h, icon } from "../core/dom.js";
import { copyLink, reuse, vary } from "../core/actions.js";
import { t } from "../core/i18n.js";
import { wear } from "../core/styles.js";
import { compareNewest, find, learn, newestFirst } from "../core/store.js";
import { downloadLink } from "../card/card.js";
import { overlay } from "../overlay/overlay.js";
import { say, toast } from "../overlay/toast.js";
import { settingsTable } from "./settings.js";

/** Open the viewer on one image; arrows go through everything released that this page knows. */
export function openViewer(generation, image) {
  new Viewer(shownImages(), image.id).open();
}

/** Open the viewer on an image by id, as a permalink asks. */
export async function openViewerFor(imageId) {
  try {
    const { generation_id: id } = await api(`/images/${encodeURIComponent(imageId)}`);
    if (!find(id)) learn(await api(`/generations/${id}`));
    const image = find(id)?.images.find((one) => one.id === imageId && one.moderation === "released");
    if (!image) throw new Error(imageId);
    openViewer(find(id), image);
  } catch {
    toast(t("viewer.missing"), "bad");
  }
}

function shownImages() {
  return newestFirst().sort(compareNewest).flatMap((generation) => generation.images
    .filter((image) => image.moderation === "released").map((image) => ({ generation, image })));
}

class Viewer {
  constructor(items, imageId) {
    this.items = items;
    this.place = Math.max(0, items.findIndex((item) => item.image.id === imageId));
  }

  async open() {
    this.picture = h("img", { alt: "", onclick: () => this.zoom() });
    this.stage = h("div", { class: "stage" }, this.picture);
    this.side = h("aside", {});
    this.dialog = h("dialog", { class: "viewer", "aria-label": t("viewer.title"), onkeydown: (event) => this.key(event), onclose: () => this.closed() },
      h("div", { class: "scene" }, this.stage, this.arrows()),
      this.side,
      button({ kind: "round close", label: t("action.close"), press: () => this.dialog.close() }, icon("close")));
    overlay().shadowRoot.append(this.dialog);
    this.show(0);
    await wear(overlay().shadowRoot, "viewer");
    this.dialog.showModal();
  }

  arrows() {
    if (this.items.length < 2) return [];
    return [button({ kind: "round previous", label: t("action.previous"), press: () => this.show(-1) }, icon("left")),
      button({ kind: "round next", label: t("action.next"), press: () => this.show(1) }, icon("right"))];
  }

  show(step) {
    this.place = (this.place + step + this.items.length) % this.items.length;
    const { generation, image } = this.items[this.place];
    this.stage.classList.remove("large");
    this.picture.style.setProperty("--ratio", `${image.width} / ${image.height}`);
    this.picture.style.setProperty("--across", image.width / image.height);
    // The small picture is there already; the large one takes its place when it has come.
    this.picture.src = contentOf(image.id, "preview");
    this.picture.alt = generation.parameters.prompt;
    const full = new Image();
    full.addEventListener("load", () => { if (this.items[this.place].image === image) this.picture.src = full.src; });
    full.src = contentOf(image.id, "full");
    this.side.replaceChildren(...this.details(generation, image));
    history.replaceState(null, "", addressOf(image));
    say(generation.parameters.prompt);
  }

  details(generation, image) {
    return [h("h2", {}, t("viewer.prompt")), h("p", { class: "prompt" }, generation.parameters.prompt),
      h("div", { class: "actions" },
        button({ kind: "button primary", press: () => { this.dialog.close(); reuse(generation); } }, icon("reuse"), t("action.reuse")),
        button({ title: t("action.vary.hint"), press: () => { this.dialog.close(); vary(generation); } }, icon("vary"), t("action.vary")),
        downloadLink(image, generation, "button"),
        button({ press: () => copyLink(image) }, icon("link"), t("action.copy_link"))),
      h("h2", {}, t("viewer.settings")), settingsTable(generation, image)];
  }

  key(event) {
    if (event.key === "ArrowRight") this.show(1);
    else if (event.key === "ArrowLeft") this.show(-1);
    else if (event.key.toLowerCase() === "z") this.zoom();
    else return;
    event.preventDefault();
  }

  zoom() {
    this.stage.classList.toggle("large");
  }

  closed() {
    history.replaceState(null, "", addressOf(null));
    this.dialog.remove();
  }
}

/** Return this page's address with or without ?image=, so that a reload opens what was open. */
function addressOf(image) {
  const query = new URLSearchParams(location.search);
  if (image && location.pathname === "/history") query.set("image", image.id);
  else query.delete("image");
  const text = query.toString();
  return location.pathname + (text ? `?${text}` : "");
}
