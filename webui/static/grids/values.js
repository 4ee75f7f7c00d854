/* From what is typed for an axis to its values, as people know it from other studios. Pure.

     10, 20, 40            a list; a value with a comma in it stands in quotes: "red, striped", navy
     1-3    20-40 (+10)    a range in steps of 1, or of another length; 40-20 (-10) goes down
     1-10 [4]              as many values, evenly spread */
export const MOST = 25;
const NUMBER = "(-?\\d+(?:\\.\\d+)?)";
const RANGE = new RegExp(`^${NUMBER}\\s*-\\s*${NUMBER}\\s*(?:\\(\\s*([+-]?\\d+(?:\\.\\d+)?)\\s*\\)|\\[\\s*(\\d+)\\s*\\])?$`);
const PART = /\s*(?:"((?:[^"]|"")*)"|([^,]*))\s*(?:,|$)/y;

/** Return the values of a text. `ranges`: it may have ranges in it; `whole`: of whole numbers only. */
export function readValues(text, { ranges = false, whole = false } = {}) {
  const values = partsOf(text).flatMap((part) => (ranges && !part.quoted && rangeOf(part.text, whole)) || [part.text]);
  return values.slice(0, MOST + 1); // one more than there may be, so that whoever checks says so
}

/** Return the text that has these values. */
export const writeValues = (values) => values.map((value) => {
  const text = String(value);
  return text === "" || /[",]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}).join(", ");

function partsOf(text) {
  const parts = [];
  PART.lastIndex = 0;
  while (PART.lastIndex < text.length) {
    const [, quoted, plain] = PART.exec(text);
    if (quoted !== undefined) parts.push({ text: quoted.replaceAll('""', '"'), quoted: true });
    else if (plain.trim()) parts.push({ text: plain.trim(), quoted: false });
  }
  return parts;
}

/** Return the numbers of a range, or null for what is none. */
function rangeOf(text, whole) {
  const found = RANGE.exec(text);
  if (!found) return null;
  const [first, last] = [Number(found[1]), Number(found[2])];
  return found[4] === undefined ? stepped(first, last, Number(found[3] ?? Math.sign(last - first) ?? 1)) : spread(first, last, Number(found[4]), whole);
}

function stepped(first, last, step) {
  if (first === last) return [written(first)];
  if (!step || Math.sign(step) !== Math.sign(last - first)) return null;
  const count = Math.min(MOST + 1, Math.floor((last - first) / step + 1e-9) + 1);
  return Array.from({ length: count }, (_, place) => written(first + place * step));
}

function spread(first, last, count, whole) {
  if (count < 1) return null;
  const apart = count === 1 ? 0 : (last - first) / (count - 1);
  return Array.from({ length: Math.min(MOST + 1, count) }, (_, place) => written(whole ? Math.round(first + place * apart) : first + place * apart));
}

const written = (number) => String(Math.round(number * 1e6) / 1e6);
