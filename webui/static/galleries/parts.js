/* What the parts of galleries share: who may open one, people as initials, and dialogs with forms in them. */
import { h, icon } from "../core/dom.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { wear } from "../core/styles.js";
import { openDialog } from "../overlay/dialog.js";
import { overlay } from "../overlay/overlay.js";

export const VISIBILITIES = ["private", "team", "everyone"];
const PICTURES = { private: "lock", team: "people", everyone: "globe" };

/** Say whether somebody with this role may change what is in a gallery. */
export const edits = (role) => role === "owner" || role === "editor";

/** Return who may open a gallery, as a picture and a word. */
export function door(visibility) {
  return h("span", { class: "door" }, icon(PICTURES[visibility]), t(`galleries.visibility.${visibility}`));
}

/** Return how many of a gallery's images are approved, as words and a bar. */
export function decided({ count, approved }) {
  const words = count ? t(count === 1 ? "galleries.decided.one" : "galleries.decided", { count: number(count), approved: number(approved) }) : t("galleries.decided.none");
  return h("div", { class: "decided" }, h("span", {}, words), h("progress", { max: Math.max(count, 1), value: approved, "aria-label": words }));
}

/** Return somebody's initials in a circle; their name is told to whoever asks. */
export function face(name) {
  const letters = name.split(/\s+/).map((part) => [...part][0] ?? "").join("").slice(0, 2).toUpperCase();
  return h("i", { class: "face", title: name, "aria-hidden": "true", "data-letters": letters || "?" }); // drawn, not said: the name beside it speaks
}

/** Open a dialog that has a form or a list in it; resolves once its styles apply. */
export async function ask(title, ...children) {
  await wear(overlay().shadowRoot, "asking");
  return openDialog({ title, kind: "dialog asking" }, ...children);
}
