/* Words that a rule of the studio is about: which they are, what the rule says in plain words, and what follows. Under the
   prompt while somebody types, and under the field that was refused. Loaded with the first of them. */
import { h, icon } from "../core/dom.js";
import { has, t } from "../core/i18n.js";
import { wear } from "../core/styles.js";
import { NAMES, listed, placeOf } from "./fields.js";
import { openFold } from "./fold.js";
import { values } from "./form.js";
import { dressed } from "./style.js";

const AROUND = 24;
const MOST = 3;

/** Return a line for each rule that `text` meets, once `root` can show them: where it is refused, for what refuses it, unless
    a refusal says that already. */
export async function lines(root, findings, text) {
  await wear(root, "words");
  const refusing = findings.filter(isRefusing);
  const shown = refusing.length && document.querySelector("#prompt at-problem") ? [] : refusing.length ? refusing : findings;
  return byRule(shown).map((found) => {
    const [{ action, rule, message }] = found;
    return h("li", { class: "said", "data-action": action }, icon("warning"),
      h("span", {}, quotes(found, text), h("span", { class: "why" }, `${plain(rule, message)} ${t(`words.${action}`)}`)));
  });
}

/** Say what is drawn all the same, in the note of `composer`; what stands under the prompt already is not said again. */
export async function warn(findings, composer) {
  const { shadowRoot } = document.querySelector("at-counter") ?? {};
  const said = shadowRoot?.querySelector(".said");
  const left = byRule(findings.filter(({ field }) => !said || field !== "prompt"));
  const { note } = composer;
  const told = await Promise.all(left.map((found) => lines(composer.shadowRoot, found, sent(found[0].field))));
  if (!told.length) return;
  note.dataset.kind = "words";
  note.replaceChildren(h("ul", { class: "notes" }, told.flat()));
  note.hidden = false;
}

/** Show what was refused under its field, or have `composer` say it where that has no place in the form. */
export function refuse(problem, composer) {
  const told = problem.fields.filter(({ words, field }) => words && placeOf(field));
  const groups = byRule(told.map(({ field, message, words }) => ({ field, message, action: "block", ...words })));
  groups.forEach(show);
  if (groups.length) document.querySelector(`#${placeOf(groups[0][0].field)} textarea`)?.focus();
  else composer.tell(problem.detail, "bad", "warning");
}

function show(found) {
  const [{ field, rule, message }] = found;
  const place = placeOf(field);
  const mark = document.createElement("at-problem");
  if (place === "negative_prompt") openFold();
  else document.querySelector("at-counter")?.shadowRoot.querySelectorAll(".said").forEach((line) => line.remove());
  const box = document.querySelector(`#${place}`);
  box.append(mark);
  box.classList.add("wrong");
  wear(mark.shadowRoot, "words");
  mark.shadowRoot.replaceChildren(h("div", { class: "problem words", role: "alert" }, icon("warning"), h("span", {},
    quotes(found, sent(place)), h("span", { class: "why" }, plain(rule, message)), h("span", { class: "ask" }, t("words.ask", { rule })))));
}

/** Return what was sent of a field: with the style around it. */
const sent = (place) => dressed(listed(values()))[NAMES.indexOf(place)] ?? "";

const isRefusing = ({ action }) => action === "block";

const plain = (rule, message) => (has(`words.rule.${rule}`) ? t(`words.rule.${rule}`) : message);

function byRule(findings) {
  const groups = new Map();
  for (const one of findings) groups.set(`${one.field} ${one.rule}`, [...groups.get(`${one.field} ${one.rule}`) ?? [], one]);
  return [...groups.values()];
}

/** Return the words, marked, with a little of what stands around them. */
function quotes(found, text) {
  if (!text) return []; // such as the name of a LoRA, which is no field of the form
  const signs = [...text]; // the API counts characters, not halves of them
  return found.slice(0, MOST).map(({ start, end }) => {
    const [from, to] = [Math.max(0, start - AROUND), Math.min(signs.length, end + AROUND)];
    const part = (first, last) => signs.slice(first, last).join("");
    const before = from ? part(from, start).replace(/^\S*\s*/, "…") : part(from, start);
    const after = to < signs.length ? part(end, to).replace(/\s*\S*$/, "…") : part(end, to);
    return h("q", {}, before, h("mark", {}, part(start, end)), after);
  });
}
