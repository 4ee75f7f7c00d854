/* The draft: what stands in the form, kept on this device across reloads and sign-ins. */
const KEY = "atelier.draft";
export const STYLE_KEY = "atelier.style"; // the style around it: `style.js`
export const ORIGIN_KEY = "atelier.origin"; // where it comes from and goes to: `origin.js`
export const PICTURE_KEY = "atelier.picture"; // what it is drawn over: `edit/state.js`

/** Return the kept values by name, or an empty object. */
export function keptDraft() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

export const keepDraft = (values) => localStorage.setItem(KEY, JSON.stringify(values));
export const forgetDraft = () => [KEY, STYLE_KEY, ORIGIN_KEY, PICTURE_KEY].forEach((key) => localStorage.removeItem(key));
