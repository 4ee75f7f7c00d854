/* Looking again every few seconds, for as long as the tab can be seen: for what no stream of events tells. */
export class Looking {
  #look;
  #everyMs;
  #timer = null;
  #turn = 0;
  #seen = () => { if (!document.hidden) this.now(); };

  /** Call `look` now and from then on; it must not throw. */
  constructor(look, everyMs) {
    this.#look = look;
    this.#everyMs = everyMs;
    document.addEventListener("visibilitychange", this.#seen);
    this.now();
  }

  /** Look at once; the next look is a whole pause later. */
  async now() {
    const turn = ++this.#turn;
    clearTimeout(this.#timer);
    if (document.hidden) return;
    await this.#look();
    if (turn === this.#turn) this.#timer = setTimeout(() => this.now(), this.#everyMs);
  }

  stop() {
    this.#turn += 1;
    clearTimeout(this.#timer);
    document.removeEventListener("visibilitychange", this.#seen);
  }
}
