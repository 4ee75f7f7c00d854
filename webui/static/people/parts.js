/* What the lists of the people's page share: pickers, fields, and how a list is empty or could not be loaded. */
import { h } from "../core/dom.js";
import { has, t } from "../core/i18n.js";
import { failed as failedList, ghosts, nothing } from "../core/lists.js";

/** Return a picker of [value, text] pairs; `changed` is given the value that was picked. */
export function picker(label, pairs, value, changed) {
  const select = h("select", { class: "picker", "aria-label": label, onchange: () => changed(select.value) });
  offer(select, pairs, value);
  return select;
}

/** Let a picker offer these pairs. */
export function offer(select, pairs, value) {
  select.replaceChildren(...pairs.map(([name, text]) => h("option", { value: name, selected: name === value }, text)));
  select.value = value;
}

/** Return a field that answers a moment after somebody stopped writing, and at once to Enter. */
export function search(label, changed, kind = "search") {
  let timer;
  const soon = () => { clearTimeout(timer); timer = setTimeout(() => changed(input.value.trim()), 250); };
  const input = h("input", { class: "picker words", type: kind, "aria-label": label, placeholder: label, autocomplete: "off", spellcheck: "false", oninput: soon });
  return input;
}

export const roleName = (role) => (has(`role.${role}`) ? t(`role.${role}`) : role);

export { ghosts, nothing };
export const failed = (again) => failedList(t("people.error"), again);

export function table(caption, columns, rows) {
  return h("div", { class: "table" }, h("table", {}, h("caption", { class: "hidden-text" }, caption),
    h("thead", {}, h("tr", {}, columns.map((text) => h("th", { scope: "col" }, text)))), rows));
}
