/* Having a case open: whoever reveals, writes or goes to it has it for ten minutes, renewed while it is open and looked at. */
import { claim, letGo } from "./acts.js";

const RENEW_MS = 4 * 60_000;

export class Holding {
  #timer = null;
  #flagId = null;

  /** `lost` is told why somebody cannot have the case. */
  constructor(lost) {
    this.lost = lost;
  }

  /** Have this case; nothing happens if one has it, nor if it waits for somebody else. */
  take(flag) {
    if (this.#flagId === flag.id || flag.state !== "open" || flag.mine || flag.awaited?.mine) return;
    this.drop();
    this.#flagId = flag.id;
    this.#timer = setInterval(() => { if (!document.hidden) this.renew(); }, RENEW_MS);
    this.renew();
  }

  async renew() {
    const flagId = this.#flagId;
    try {
      await claim(flagId);
    } catch (error) {
      if (flagId !== this.#flagId) return;
      this.forget();
      this.lost(error.message);
    }
  }

  /** Let others have it. */
  drop() {
    if (this.#flagId) letGo(this.#flagId);
    this.forget();
  }

  /** It is nobody's any more: decided, or another's. */
  forget() {
    clearInterval(this.#timer);
    this.#timer = this.#flagId = null;
  }
}
