/* Searches as text: terms taken apart, put in, taken out. What a term means is the API's business. */
export const TERM = /-?(?:[A-Za-z]+:)?"[^"]*(?:"|$)|\S+/g;

export const termsIn = (query) => query.match(TERM) ?? [];

/** Return a term for a value, quoted where it has blanks. */
export function term(kind, value) {
  const plain = value.replaceAll('"', " ").trim();
  return `${kind}:${/\s/.test(plain) ? `"${plain}"` : plain}`;
}

export const withTerm = (query, text) => (termsIn(query).includes(text) ? query : [...termsIn(query), text].join(" "));
export const withoutTerm = (query, text) => termsIn(query).filter((one) => one !== text).join(" ");

/** Return the two terms between which a month lies, such as 2026-11. */
export function monthTerms(month) {
  const [year, number] = month.split("-").map(Number);
  const next = number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, "0")}`;
  return [`after:${month}`, `before:${next}`];
}
