/* The words of the pages, from the dictionaries that Gradio's page configuration carries for its fields. */
const dictionaries = window.gradio_config?.i18n_translations ?? {};
export const language = (navigator.languages ?? [navigator.language])
  .map((tag) => tag.toLowerCase().split("-")[0])
  .find((tag) => tag in dictionaries) ?? "en";
document.documentElement.lang = language;

/** Return the sentence of `key` with {name} replaced; an unknown key shows itself, so that it is seen. */
export function t(key, values = {}) {
  const sentence = dictionaries[language]?.[key] ?? dictionaries.en?.[key] ?? key;
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** Say whether there is a sentence for `key`. */
export function has(key) {
  return key in (dictionaries.en ?? {});
}
