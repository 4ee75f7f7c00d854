/* Whether what stands in the form was drawn before: then Generate costs nothing, and its button says so.
   Loaded once a seed is fixed: whatever is left to chance is drawn anew. */
import { api } from "../core/api.js";
import { baseOf } from "../grids/base.js";
import { values } from "./form.js";

const PAUSE_MS = 300;
const LARGEST_SEED = 2 ** 32 - 1;

export class Known {
  /** `tell` hears whether it was. */
  constructor(tell) {
    this.tell = tell;
  }

  /** The form has changed, or something was drawn: ask again once that rests. */
  look() {
    clearTimeout(this.timer);
    const turn = this.turn = Symbol("turn");
    this.timer = setTimeout(async () => {
      const known = await wasDrawn().catch(() => false);
      if (turn === this.turn) this.tell(known);
    }, PAUSE_MS);
  }
}

async function wasDrawn() {
  const { prompt, seed, num_images } = values();
  if (!prompt.trim() || !/^\d+$/.test(seed.trim()) || Number(seed) > LARGEST_SEED) return false;
  const [model] = await api("/models");
  const base = baseOf(model);
  const price = await api("/generations?dry_run=true", { method: "POST", json: { ...base, num_images: base.upscale ? 1 : num_images } });
  return price.from_cache;
}
