/* Giving a generation a name in the history. */
import { api } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { button, h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { learn } from "../core/store.js";
import { openDialog } from "../overlay/dialog.js";

const LONGEST_NAME = 80;

/** Change how a generation is remembered: `{ name }`, `{ pinned }` or both. */
export const remember = (generation, wanted) => attempt(async () => {
  learn(await api(`/generations/${generation.id}`, { method: "PATCH", json: wanted }));
});

/** Ask what to call it. */
export function askName(generation) {
  const input = h("input", { type: "text", id: "name", value: generation.name, maxlength: LONGEST_NAME, autocomplete: "off", placeholder: t("history.name.placeholder") });
  const done = async (event) => {
    event.preventDefault();
    if (await remember(generation, { name: input.value.trim() })) dialog.close();
  };
  const dialog = openDialog({ title: t("history.name.title") }, h("form", { class: "ask", onsubmit: done },
    h("label", { for: "name" }, t("history.name")), input,
    h("div", { class: "choices" }, button({ press: () => dialog.close() }, t("action.leave")),
      h("button", { class: "button primary", type: "submit" }, t("history.name.act")))));
  input.select();
}
