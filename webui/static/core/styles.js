/* Style sheets that the shadow roots share: each fetched once, before the first element that wears it is drawn. */
const COMMON = "base";
const sheets = new Map();

/** Fetch the common sheet and these; resolves when all of them apply. */
export async function loadSheets(...names) {
  await Promise.all([COMMON, ...names].map((name) => sheet(name).ready));
}

/** Return the sheets of these names, the common one first. */
export function sheetsOf(...names) {
  return [COMMON, ...names].map((name) => sheet(name).rules);
}

/** Let a shadow root that is there wear one more sheet; resolves when it applies. */
export async function wear(root, name) {
  const { rules, ready } = sheet(name);
  if (!root.adoptedStyleSheets.includes(rules)) root.adoptedStyleSheets.push(rules);
  await ready;
}

function sheet(name) {
  if (!sheets.has(name)) {
    const rules = new CSSStyleSheet();
    sheets.set(name, { rules, ready: fetchInto(rules, name) });
  }
  return sheets.get(name);
}

async function fetchInto(rules, name) {
  const answer = await fetch(new URL(`../styles/${name}.css`, import.meta.url));
  await rules.replace(await answer.text());
}
