/* On Create: while the model that draws is stopped, or all drawing, this and why stand under Generate, which cannot be pressed.
   Loaded once nothing else is to be done. */
import { api, may } from "../core/api.js";
import { t } from "../core/i18n.js";
import { stopOf, whatIs } from "../core/stopped.js";
import { store } from "../core/store.js";

const composer = () => document.querySelector("at-composer");
let drawing = null;
let told = null;

/** Say whether `model`, which draws when none is named, is stopped, and keep that up. */
export async function tellStops(model) {
  if (!await may("generate").catch(() => false)) return;
  drawing = model.name;
  store.addEventListener("notice", async () => {
    const [now] = await api("/models").catch(() => []);
    drawing = now?.name ?? drawing;
    show();
  });
  // Gradio draws its button anew when its words arrive.
  new MutationObserver(show).observe(document.getElementById("composer"), { childList: true });
  show();
}

function show() {
  const stop = stopOf(drawing);
  document.querySelectorAll("#generate").forEach((press) => { press.inert = Boolean(stop); });
  const text = stop && t("stopped.create", { what: whatIs(stop), reason: stop.reason });
  if (text === told) return;
  told = text;
  if (text) return composer().tell(text, "closed", "warning");
  composer().note.dataset.kind = "";
  composer().clear();
}
