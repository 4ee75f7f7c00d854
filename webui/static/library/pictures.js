/* Thumbnails of images that were just found, fetched many at once: a browser has six connections to a studio, and each
   request is checked anew. The newest of them are kept here; a tile that comes back later asks for its own by itself. */
import { contentOf } from "../core/api.js";
import { whenIdle } from "../core/dom.js";
import { keptSize } from "./tools.js";

// Few enough that the first ones are seen before the last ones came.
const AT_ONCE = 20;
const MOST_KEPT = 240;
const THUMB_PX = 320;
const USUAL_RATIO = 1.5;
const coming = new Map();
const turns = Array(3).fill(Promise.resolve());

/** Say whether a tile is larger than a thumbnail does justice to. */
export const isLarge = (px) => px * devicePixelRatio > THUMB_PX * 1.25;

/** Fetch the thumbnails of these images, the first ones first. */
export function expect(images) {
  if (isLarge(keptSize() * USUAL_RATIO)) return;
  const shown = images.filter(({ moderation }) => moderation === "released").map(({ id }) => id);
  for (let first = 0; first < shown.length; first += AT_ONCE) fetchSome(shown.slice(first, first + AT_ONCE));
  for (const id of [...coming.keys()].slice(0, Math.max(0, coming.size - MOST_KEPT))) coming.delete(id);
}

/** Resolves when the thumbnails that are expected now have come and are drawn: what else is asked for would only hold them up. */
export const settled = () => Promise.all(turns).then(whenIdle);

/** Let an <img> show the thumbnail of an image. */
export async function showIn(picture, id) {
  const file = await coming.get(id);
  if (!file) return void (picture.src = contentOf(id, "thumb"));
  // Not decoded here: the browser does that when the picture comes near the window.
  const address = URL.createObjectURL(file);
  for (const end of ["load", "error"]) picture.addEventListener(end, () => URL.revokeObjectURL(address), { once: true });
  picture.src = address;
}

function fetchSome(ids) {
  const form = inTurn(() => fetch(`/api/v1/library/thumbs?${new URLSearchParams(ids.map((id) => ["id", id]))}`, { credentials: "same-origin" })
    .then((answer) => (answer.ok ? answer.formData() : null)).catch(() => null));
  for (const id of ids) coming.set(id, form.then((files) => files?.get(id)));
}

/** Ask when no more than two others are asking, so that the first ones are not held up by those after them. */
async function inTurn(ask) {
  const turn = turns.shift();
  const asked = turn.then(ask);
  turns.push(asked);
  return asked;
}
