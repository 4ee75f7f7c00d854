/* What is sent beside the form: the gallery that the images go into, the image that the settings stem from. Draws nothing. */
import { ORIGIN_KEY } from "./draft.js";

/** Says "changed" when either is another one. */
export const origin = new EventTarget();

let current = kept();

/** Return { gallery: { id, name }, parent: id of an image }; null where there is none. */
export const originNow = () => current;

/** Choose another gallery or another parent, or none of them; it is kept on this device. */
export function setOrigin(changes) {
  current = { ...current, ...changes };
  localStorage.setItem(ORIGIN_KEY, JSON.stringify(current));
  origin.dispatchEvent(new Event("changed"));
}

/** Settings were taken into the form, of this image or of none. A seed or a size alone makes no picture a child of another. */
export function stemFrom(parent, take = "all") {
  if (take === "all" || take === "remix") setOrigin({ parent: parent ?? null });
  else if (take === "prompt") setOrigin({ parent: null });
}

function kept() {
  try {
    const { gallery, parent } = JSON.parse(localStorage.getItem(ORIGIN_KEY));
    return { gallery: gallery?.id ? gallery : null, parent: typeof parent === "string" ? parent : null };
  } catch {
    return { gallery: null, parent: null };
  }
}
