/* Style sheets that the shadow roots share: fetched once, before the first element is drawn. */
const NAMES = ["base", "rail", "composer_parts", "card", "feed", "history", "viewer", "lists", "moderation", "queue", "account", "people", "overlay", "restore", "presets"];
const sheets = new Map(NAMES.map((name) => [name, new CSSStyleSheet()]));

/** Fetch every sheet; resolves when all of them apply. */
export async function loadSheets() {
  await Promise.all(NAMES.map(async (name) => {
    const answer = await fetch(new URL(`../styles/${name}.css`, import.meta.url));
    await sheets.get(name).replace(await answer.text());
  }));
}

/** Return the sheets of these names, the common one first. */
export function sheetsOf(...names) {
  return ["base", ...names].map((name) => sheets.get(name));
}
