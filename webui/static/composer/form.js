/* The browser's half of the form: what Gradio calls through `window.Atelier`, and what others may ask. */
import { api } from "../core/api.js";
import { t } from "../core/i18n.js";
import { newestFirst } from "../core/store.js";
import { toast } from "../overlay/toast.js";
import { edit, editNow, sentEdit } from "../edit/state.js";
import { keepDraft, keptDraft } from "./draft.js";
import { originNow, stemFrom } from "./origin.js";
import { dressed, unwear } from "./style.js";
import { EMPTY, decoded, listed, named, partOf } from "./fields.js";

let current = { ...EMPTY };
let waiting = null;
let restored = false;
let early = EMPTY;
let tooEarly = false;
let element = null;
let asking = 0;
let lastSent = "";
let applyNow = () => null;
const started = Promise.withResolvers?.() ?? deferred();

/** Put values into the form's fields; fields that are not named stay. */
export function fill(values) {
  current = { ...current, ...values };
  waiting = current;
  applyNow();
}

/** Return what stands in the form. */
export const values = () => current;

/** Whether the form shows what it should at the start: from then on Gradio hears what is pressed. */
export const isShown = () => restored;

/** Resolves when Generate may be pressed. What is sent by a press that came before is what the form was about to show. */
export async function untilShown() {
  tooEarly ||= !restored;
  await started.promise;
}

export const form = {
  /** Gradio has drawn our element and hands over its side of it. */
  bind(host, { props, watch, apply, edited }) {
    element = host;
    applyNow = apply;
    edit.addEventListener("changed", () => { element.clear(); clearTimeout(asking); asking = setTimeout(edited, 250); });
    watch("value", () => element.answered(props.value));
  },

  /** The page has loaded: return what the fields should show. */
  async restore() {
    const [models, quality] = await Promise.all([api("/models").catch(() => []), qualities()]);
    current = { ...EMPTY, ...quality.learn(models[0]), ...known(keptDraft()), ...await asked(), ...begun(quality) };
    restored = true;
    started.resolve();
    tellOthers();
    return listed(current);
  },

  /** Return what `fill` wants shown. */
  take() {
    return listed(waiting ?? current);
  },

  /** A field has changed. */
  changed(...list) {
    if (!restored) {
      early = named(list);
      return;
    }
    current = { ...named(list), tiny: current.tiny };
    keepDraft(current);
    // Gradio may tell of a field once more when its answer is there: what was said of what was sent is still true.
    if (JSON.stringify(list) !== lastSent) element?.clear();
    tellOthers();
  },

  /** Generate was pressed: mark the call with a ticket, which is also its idempotency key. */
  send(_helper, ...list) {
    const ticket = crypto.randomUUID();
    element?.sent(ticket);
    const { gallery, parent } = originNow();
    const fields = tooEarly ? listed(current) : list;
    tooEarly = false;
    lastSent = JSON.stringify(fields);
    return [{ ticket, gallery: gallery?.id ?? null, parent, edit: { ...sentEdit(), ...decoded({ ...named(fields), tiny: current.tiny }) } }, ...dressed(fields)];
  },

  /** The price of the form is asked for: say what it is drawn over. */
  priced: (_helper, ...list) => [{ edit: sentEdit() }, ...list],

  /** A quality was pressed. */
  async chosen(name) {
    Object.assign(current, (await qualities()).settingsFor(name, current));
    return [current.steps, current.guidance, current.scheduler];
  },

  qualityOf: async (...look) => (await qualities()).qualityOf(current, ...look),

  /** Return the seed of the newest finished picture. */
  lastSeed() {
    const last = newestFirst().find((one) => one.images.length);
    return last ? String(last.parameters.seed) : current.seed;
  },
};

/** Return what somebody fast has chosen and typed before the page was asked what to show; of the last of it Gradio may
    not have told yet. */
function begun({ settingsFor }) {
  const now = { ...early, prompt: document.querySelector("#prompt textarea")?.value || early.prompt, ratio: pressed("ratio") ?? early.ratio, num_images: Number(pressed("num_images") ?? early.num_images) };
  const quality = pressed("quality");
  if (quality && quality !== "standard") Object.assign(now, settingsFor(quality, now)); // as this model draws it, which was not known yet
  return Object.fromEntries(Object.entries(now).filter(([name, value]) => value !== EMPTY[name]));
}

const pressed = (name) => document.querySelector(`#${name} input:checked`)?.value;

/** Return the settings that the address asks for with ?reuse= or ?recall=, and tidy the address; with ?edit= or ?start= an
    image is drawn over. */
async function asked() {
  const query = new URLSearchParams(location.search);
  if (query.has("edit") || query.has("start")) return (await import("../edit/arriving.js")).asked(query);
  const [generation, image] = [query.get("reuse"), query.get("recall")];
  if (!generation && !image) return {};
  history.replaceState(null, "", "/");
  const path = generation ? `/generations/${encodeURIComponent(generation)}` : `/images/${encodeURIComponent(image)}`;
  try {
    const { parameters } = await api(path);
    const take = query.get("take") ?? "all";
    unwear(take);
    stemFrom(image, take);
    overAgain(parameters, take);
    return partOf(parameters, take);
  } catch {
    toast(t("trouble.reuse"), "bad"); // a note at the form would go as its fields are filled
    return {};
  }
}

/** Settings were taken into the form: so is what they say about a picture, if they or the form say anything. */
export async function overAgain(parameters, take = "all") {
  if (take !== "all" && take !== "remix") return;
  const { init, shape, variation_strength: varied } = editNow();
  if (parameters.init_image || parameters.variation_strength || parameters.control?.length || init || shape || varied) await (await import("../edit/arriving.js")).takeBack(parameters, take);
}

const qualities = () => import("./quality.js");

/** Let whoever shows something about the form know that it has changed. */
const tellOthers = () => document.dispatchEvent(new Event("atelier:form"));

const known = (kept) => Object.fromEntries(Object.entries(kept).filter(([name, value]) => name in EMPTY && value !== null));

function deferred() {
  let resolve;
  const promise = new Promise((settle) => { resolve = settle; });
  return { promise, resolve };
}
