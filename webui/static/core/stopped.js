/* Which models an administrator stopped in an emergency, for whoever offers models: such a one is shown as stopped, with the
   reason, and cannot be chosen. What is stopped is what the notice says, which follows the stream of events. */
import { h, icon } from "./dom.js";
import { t } from "./i18n.js";
import { noticeNow } from "./notice.js";
import { store } from "./store.js";
import { wear } from "./styles.js";

/** Return the stop that keeps a model from drawing, null where there is none. */
export const stopOf = (model) => noticeNow().stops.find(({ scope, name }) => scope === "everything" || name === model) ?? null;

/** Call `told` whenever something is stopped or lifted, until `dialog` closes; it can show what is said of that. */
export function followStops(dialog, told) {
  wear(dialog.getRootNode(), "stopped");
  store.addEventListener("notice", told);
  dialog.addEventListener("close", () => store.removeEventListener("notice", told));
}

/** Return a list to choose a model from, by its name, and why some of it cannot be chosen; `show` has both as things are now.
    An entry that is no model says which one is `drawn` with. */
export function modelList(models, chosen, properties = {}) {
  const titleOf = ({ name, title }) => (!name || title === name ? title : `${title} (${name})`);
  const options = models.map((model) => h("option", { value: model.name, selected: model.name === chosen }, titleOf(model)));
  const why = h("div", { class: "stopped-models", role: "status" });
  const show = () => {
    models.forEach((model, place) => {
      options[place].disabled = Boolean(stopOf(model.drawn ?? model.name));
      options[place].textContent = options[place].disabled ? t("stopped.option", { title: titleOf(model) }) : titleOf(model);
    });
    why.replaceChildren(...stopLines(models.map(({ name, drawn }) => drawn ?? name)));
  };
  show();
  return { select: h("select", properties, options), why, show };
}

/** Have boxes, whose values are models, say which of these are stopped; such a one cannot be ticked. */
export function markStopped(boxes) {
  for (const box of boxes) {
    const stop = stopOf(box.value);
    const label = box.closest("label");
    box.disabled = Boolean(stop);
    label.classList.toggle("stopped", box.disabled);
    label.querySelector("small")?.remove();
    if (stop) label.lastElementChild.append(h("small", {}, t("stopped.why", stop)));
  }
}

/** Return a line for each stop that keeps some of these models from drawing. */
export function stopLines(names) {
  const stops = [...new Set(names.map(stopOf).filter(Boolean))];
  return stops.map((stop) => h("p", { class: "why" }, icon("warning"), h("span", {}, `${whatIs(stop)}: ${stop.reason}`)));
}

/** Return what is stopped, in words. */
export const whatIs = ({ scope, name }) => t(`emergency.told.${scope}`, { name });
