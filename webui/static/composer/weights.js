/* What Ctrl+↑ and Ctrl+↓ do to a prompt: one tenth more or less weight for what is selected or under the caret.
   Text in, text out; the page is `emphasis.js`'s. How weights are read is `inference/protocol/prompts.py`. */
export const LEAST = 0.1;
export const MOST = 2;
const WORD = /[^\s.,/!?%^*;:{}=`~()[\]<>|\\]/;
const WEIGHT = /:\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+))\s*$/;
const IMPLIED = { "(": 1.1, "[": 0.9 };

/** Return which part of `text` becomes what, and what is selected then: {from, to, insert, start, end}; null for nothing.
    `start` and `end` are the selection, `by` is the change. */
export function reweighed(text, start, end, by) {
  const [first, last] = trimmed(text, start, end);
  const group = groupAround(text, first, last);
  if (group) return written(group, text.slice(group.from, group.to), by);
  const [from, to] = first === last ? wordAt(text, first) : [first, last];
  if (from === to) return null;
  return written({ from, to, words: text.slice(from, to), weight: 1, at: from }, text.slice(from, to), by);
}

/** Return `group` with another weight; at 1 its brackets go. */
function written({ from, to, words, weight }, now, by) {
  const changed = Math.min(MOST, Math.max(LEAST, Math.round((weight + by) * 100) / 100));
  const plain = changed === 1;
  const insert = plain ? words : `(${words}:${changed})`;
  const start = from + (plain ? 0 : 1);
  return insert === now ? null : { from, to, insert, start, end: start + words.length };
}

/** Return the innermost pair of brackets around the caret, or the one that holds just what is selected. */
function groupAround(text, start, end) {
  const opened = [];
  for (let place = 0; place < text.length; place += 1) {
    const sign = text[place];
    if (sign === "\\") place += 1;
    else if (sign === "(" || sign === "[") opened.push(place);
    else if (sign === ")" || sign === "]") {
      const open = opened.at(-1);
      if (open === undefined || text[open] !== (sign === ")" ? "(" : "[")) continue;
      opened.pop();
      const group = groupOf(text, open, place);
      if (!group) continue;
      const within = open < start && end <= place;
      const exactly = start === open && end === place + 1;
      if (exactly || (within && (start === end || holds(group, start, end)))) return group;
    }
  }
  return null;
}

/** Return the pair from `open` to `close`; null for what is no weight, such as [from:to:0.5]. */
function groupOf(text, open, close) {
  const inside = text.slice(open + 1, close);
  const told = inside.match(WEIGHT);
  if (text[open] === "[" && (told || inside.includes("|"))) return null;
  const counted = told ? Number(told[1]) : IMPLIED[text[open]];
  return { from: open, to: close + 1, words: told ? inside.slice(0, told.index) : inside, weight: counted };
}

const holds = ({ from, words }, start, end) => start === from + 1 && end >= from + 1 + words.length;

function wordAt(text, caret) {
  let [from, to] = [caret, caret];
  while (from > 0 && WORD.test(text[from - 1])) from -= 1;
  while (to < text.length && WORD.test(text[to])) to += 1;
  return [from, to];
}

/** Leave blanks at the ends of a selection out of it. */
function trimmed(text, start, end) {
  const chosen = text.slice(start, end);
  if (!chosen.trim()) return [start, start];
  return [start + chosen.length - chosen.trimStart().length, end - chosen.length + chosen.trimEnd().length];
}
