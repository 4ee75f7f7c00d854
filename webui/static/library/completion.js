/* What may be meant by the term at the caret, and the search with it written out. Text and values only, no nodes. */
import { api } from "../core/api.js";
import { STATUSES } from "../core/changes.js";
import { has, t } from "../core/i18n.js";
import { TERM, term } from "./query.js";

// What values each kind of term can have: those that the grammar knows, or a question to the API.
const KNOWN = {
  status: STATUSES,
  is: ["starred", "mine", "held", "trashed", "duplicate"],
  ratio: ["portrait", "landscape", "square", "1:1", "3:2", "2:3", "16:9", "9:16"],
  after: ["today", "yesterday", "7d", "30d"],
  before: ["today", "yesterday", "7d", "30d"],
  by: ["me"],
};
const ASKED = ["tag", "by", "gallery", "model", "lora"];
const NAMES = ["tag", "by", "gallery", "model", "lora", "status", "is", "ratio", "after", "before", "seed", "like", "stack", "template"];
const LONGEST = 100;

/** Return the term that the caret is in or behind: { start, end, minus, kind, begun }; `kind` is null in its name. */
export function termAt(text, caret) {
  const found = [...text.matchAll(TERM)].find(({ index, 0: whole }) => index < caret && caret <= index + whole.length);
  if (!found) return null;
  const { index: start, 0: whole } = found;
  const [, minus, kind = null, begun] = /^(-?)(?:([A-Za-z]+):)?"?(.*)$/s.exec(text.slice(start, caret));
  // A quote that nobody has closed yet reaches to the end of the text, the term only to the caret.
  const end = (whole.match(/"/g) ?? []).length === 1 ? caret : start + whole.length;
  return { start, end, minus, kind: kind?.toLowerCase() ?? null, begun };
}

/** Return what a term at the caret may become at once: [{ text, label, count }]. */
export function known({ kind, begun }) {
  const here = begun.toLowerCase();
  if (kind !== null) return (KNOWN[kind] ?? []).filter((value) => isBegun(kind, value, here)).map((value) => ({ text: term(kind, value), label: labelOf(kind, value) }));
  return here ? NAMES.filter((name) => name.startsWith(here)).map((name) => ({ text: `${name}:`, label: t(`suggest.${name}`), open: true })) : [];
}

/** Return what the API knows besides; `signal` ends the question. */
export async function asked({ kind, begun }, signal) {
  const choices = await api(`/library/suggestions?${new URLSearchParams({ kind, prefix: begun.slice(0, LONGEST) })}`, { signal });
  return choices.map(({ value, label, count }) => ({ text: term(kind, value), label, count }));
}

/** Say whether the API is to be asked about a term. */
export const isAsked = (one) => ASKED.includes(one?.kind);

/** Return a search in which the term at the caret is `choice`: { text, caret }. */
export function completed(text, { start, end, minus }, choice) {
  const rest = text.slice(end).replace(/^ /, "");
  const before = `${text.slice(0, start)}${minus}${choice.text}${choice.open ? "" : " "}`;
  return { text: before + rest, caret: before.length };
}

const isBegun = (kind, value, here) => value.startsWith(here) || labelOf(kind, value).toLowerCase().startsWith(here);

function labelOf(kind, value) {
  if (kind === "status") return t(`status.${value}`);
  return has(`suggest.${kind}.${value}`) ? t(`suggest.${kind}.${value}`) : value;
}
