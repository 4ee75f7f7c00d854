/* Under the Generate button: the hint, what went wrong, and why somebody may not generate. */
import { may } from "../core/api.js";
import { AtElement } from "../core/element.js";
import { h, icon } from "../core/dom.js";
import { requests } from "../core/fetch.js";
import { has, t } from "../core/i18n.js";
import { generateKeys, onKey } from "../core/keys.js";
import { meet } from "../core/events.js";
import { askNotice } from "../core/notice.js";
import { cutOff } from "../overlay/banner.js";
import { say, toast } from "../overlay/toast.js";
import { fill, isShown, overAgain, untilShown } from "./form.js";
import { origin, stemFrom } from "./origin.js";
import { partOf, placeOf } from "./fields.js";
import { openFold } from "./fold.js";
import { Price } from "./price.js";
import { takePictures } from "./drop.js";
import { unwear } from "./style.js";

// Where a problem is shown: what is sent beside the fields is no field of Gradio's.
const BESIDE = { gallery: "at-into", parent: "at-styles" };
const OVER = { picture: "at-source", shape: "at-ways", variation: "at-variation" };
const BOXES = { seed: "#seed_row", ...OVER, ...BESIDE };

const words = (then) => import("./words.js").then(then);

export class Composer extends AtElement {
  static sheets = ["composer_parts"];

  render() {
    this.hint = h("p", { class: "hint" }, t("generate.hint", { keys: generateKeys }));
    this.note = h("div", { class: "note", role: "alert", hidden: true });
    this.price = new Price();
    this.shadowRoot.append(this.note, this.price.element, this.hint);
  }

  connected() {
    this.listen(requests, "call-failed", () => this.trouble("trouble.away"));
    this.listen(document, "atelier:reuse", ({ detail }) => this.reuse(detail));
    this.listen(origin, "changed", () => this.clear());
    onKey("Mod+Enter", () => pressGenerate());
    onKey("/", () => prompt()?.focus());
    may("generate").then((allowed) => (allowed ? this.open() : this.close())).catch(() => null);
  }

  open() {
    this.price.follow(this);
    this.listen(document, "click", (event) => { if (event.target.closest?.("#generate")) this.pressed(event); }, true);
    takePictures(this);
    import("./restore.js").then(({ pictureButton }) => this.shadowRoot.append(pictureButton()));
  }

  /** Generate is pressed, and Gradio has not heard of it yet. */
  pressed(event) {
    if (!cutOff() && isShown()) return;
    event.stopImmediatePropagation();
    // A call that cannot leave would only fail; one that comes too early would be lost.
    if (cutOff()) this.tell(t("create.offline"), "wait", "clock");
    else this.early ??= pressGenerate();
  }

  /** Show nobody's form to somebody who may not generate, and say why. */
  close() {
    const shut = () => formParts(this).forEach((part) => { part.inert = true; });
    shut();
    // Gradio draws a button anew when its words arrive.
    new MutationObserver(shut).observe(document.getElementById("composer"), { childList: true });
    this.hint.hidden = true;
    this.tell(t("create.no_permission"), "closed", "lock");
  }

  /** The call is on its way. */
  sent(ticket) {
    this.ticket = ticket;
    this.clear();
    busy(true);
  }

  /** Gradio brought the answer. */
  answered(answer) {
    if (answer?.outcome === "priced") this.price.cost(answer.credits);
    if (!answer || answer.ticket !== this.ticket) return;
    busy(false);
    if (answer.outcome === "accepted") {
      meet(answer.generation_id).then(({ from_cache: known }) => say(t(known ? "state.from_cache" : "say.accepted"))).catch(() => null);
      this.price.refresh();
      if (answer.words[0]) words(({ warn }) => warn(answer.words, this));
    } else if (answer.outcome === "refused") this.refused(answer.problem);
    else if (answer.outcome === "signed_out") requests.dispatchEvent(new Event("signed-out"));
    else this.trouble("trouble.away");
  }

  refused(problem) {
    if (problem.code === "words_refused") return words(({ refuse }) => refuse(problem, this));
    const placed = problem.fields.filter((one) => placeOf(one.field));
    placed.forEach((one) => this.point(one));
    if (placed.length) focusField(placeOf(placed[0].field));
    else if (problem.code === "maintenance") {
      askNotice();
      this.tell(t("create.maintenance", { text: problem.detail }), "wait", "clock");
    } else this.tell(problem.detail, "bad", "warning");
  }

  /** Say what is wrong under the field itself. */
  point(problem) {
    const place = placeOf(problem.field);
    const box = document.querySelector(BOXES[place] ?? `#${place}`);
    if (["negative_prompt", "steps", "guidance", "seed", "scheduler", "variation"].includes(place)) openFold();
    const mark = document.createElement("at-problem");
    box.append(mark);
    box.classList.add("wrong");
    mark.show(problem, async (value) => { (await import("./taken.js")).take(place, problem.field, value); this.clear(); });
  }

  clear() {
    this.note.hidden = this.note.dataset.kind !== "closed";
    document.querySelectorAll("at-problem").forEach((mark) => { mark.parentElement.classList.remove("wrong"); mark.remove(); });
  }

  trouble(key) {
    busy(false);
    this.tell(t(has(key) ? key : "trouble.refused"), "bad", "warning");
  }

  tell(text, kind, picture) {
    this.note.dataset.kind = kind;
    this.note.replaceChildren(icon(picture), h("span", {}, text));
    this.note.hidden = false;
  }

  reuse({ parameters, take, image }) {
    unwear(take);
    stemFrom(image?.id, take);
    fill(partOf(parameters, take));
    overAgain(parameters, take);
    toast(t("say.reused"));
    scrollTo({ top: 0, behavior: "smooth" });
    prompt()?.focus({ preventScroll: true });
  }
}

const prompt = () => document.querySelector("#prompt textarea");
const generateButton = () => document.querySelector("button#generate") ?? document.querySelector("#generate button");
const formParts = (keep) => [...document.querySelectorAll("#composer > *")].filter((part) => !part.contains(keep));

/** Press Generate as soon as it does something; Gradio draws it anew when its words arrive. */
async function pressGenerate() {
  await untilShown();
  while (!generateButton()) await new Promise(requestAnimationFrame);
  const press = generateButton();
  if (!press?.disabled && !press?.inert) press?.click();
}

function busy(on) {
  const press = generateButton();
  press?.classList.toggle("busy", on);
  press?.setAttribute("aria-busy", String(on));
}

function focusField(place) {
  document.querySelector(OVER[place] ?? `#${place} textarea, #${place} input`)?.focus();
}
