/* Under Generate: that the model which draws has to be loaded first, or is being, and about how long that takes. Nothing once it is warm. */
import { api } from "../core/api.js";
import { h } from "../core/dom.js";
import { decimal } from "../core/format.js";
import { t } from "../core/i18n.js";
import { ended, store } from "../core/store.js";

const ASK_EVERY_MS = 5_000;
let line = null;
let timer = null;

/** Say how warm `model` is, the one that draws when none is named, and keep that up for as long as it is not. */
export function tellWarmth(model) {
  if (line?.isConnected) return show(model);
  line = h("p", { class: "left warmth", role: "status" });
  document.querySelector("at-composer").shadowRoot.querySelector(".left").after(line);
  // Somebody drew: it may have come, or have left for another one.
  store.addEventListener("generation", ({ detail: { generation } }) => { if (!timer && ended(generation)) again(ASK_EVERY_MS); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden && timer) again(0); });
  return show(model);
}

function show({ title, warmth, load_seconds: seconds }) {
  const about = seconds === null ? "" : t("warmth.about", { seconds: decimal(Math.max(1, Math.round(seconds))) });
  const text = warmth === "warm" ? "" : t(`warmth.${warmth}`, { title, about });
  if (line.textContent !== text) line.textContent = text;
  line.hidden = !text;
  clearTimeout(timer);
  timer = null;
  if (text && !document.hidden) again(ASK_EVERY_MS);
}

function again(after) {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    timer = null;
    const [model] = await api("/models").catch(() => []);
    if (model && line.isConnected) show(model);
  }, after);
}
