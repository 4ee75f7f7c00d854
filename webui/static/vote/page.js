/* Voting on a comparison: one pair after another, with the mouse, the finger or the keys 1, 2 and 0. Which model drew
   what is in nothing that is loaded here. */
import { ApiError, api } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { AtElement } from "../core/element.js";
import { button, h, icon } from "../core/dom.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { onKey } from "../core/keys.js";
import { failed, ghosts, nothing } from "../core/lists.js";
import { store } from "../core/store.js";
import { outcomeOf } from "../models/outcome.js";

const KEYS = { 1: "left", ArrowLeft: "left", 2: "right", ArrowRight: "right", 0: "neither", ArrowDown: "neither" };

export class Vote extends AtElement {
  static sheets = ["lists", "vote", "outcome"];

  render() {
    this.said = h("p", { class: "sr", role: "status" });
    this.space = h("div", {}, ghosts("ghost pair-ghost", 1));
    this.shadowRoot.append(h("header", { class: "bar" }, h("h1", {}, t("vote.title"))), this.said, this.space);
  }

  connected() {
    const keys = Object.entries(KEYS).map(([key, choice]) => onKey(key, () => this.pair && !this.sending ? void this.choose(choice) : false));
    this.silence = () => keys.forEach((stop) => stop());
    // Which image was taken down tells voters nothing: what is theirs to see is asked again, also after what may have been missed.
    this.listen(store, "withdrawn", () => this.lookAgain());
    this.listen(store, "connection", ({ detail }) => detail.here && this.lookAgain());
    this.look();
  }

  disconnected() {
    this.silence();
  }

  /** Show the comparison that the address names, or the newest one with a pair that waits for this person. */
  async look() {
    this.pair = null;
    try {
      const named = new URLSearchParams(location.search).get("of");
      const open = named ? [] : await api("/ballots");
      const id = named ?? (open.find((one) => one.voted < one.ready) ?? open[0])?.id;
      if (!id) return this.space.replaceChildren(nothing("compare", t("vote.none"), t("vote.none.text"), h("a", { class: "button", href: "/" }, t("vote.create"))));
      this.start(await api(`/ballots/${encodeURIComponent(id)}`));
    } catch (error) {
      this.space.replaceChildren(failed(error instanceof ApiError ? error.message : t("vote.error"), () => this.look()));
    }
  }

  start(ballot) {
    this.ballot = ballot;
    this.images = new Map();
    if (ballot.closed_at) return this.space.replaceChildren(h("div", { class: "closed" }, h("h2", {}, t("vote.closed")), h("p", { class: "hint" }, t("vote.closed.text")), ballot.outcome && outcomeOf(ballot.outcome)));
    const waiting = ballot.pairs.findIndex((pair) => pair.choice === null);
    if (waiting < 0) this.thank();
    else this.show(waiting);
  }

  /** Take out of sight what may not be voted on any more. */
  async lookAgain() {
    const { ballot } = this;
    if (!ballot?.pairs.length) return;
    const now = await api(`/ballots/${ballot.id}`).catch(() => null);
    if (!now || this.ballot !== ballot) return;
    const gone = ballot.pairs.filter(({ id }) => now.pairs.every((pair) => pair.id !== id));
    if (!gone.length) return;
    gone.forEach(({ id }) => this.images.delete(id));
    ballot.pairs = ballot.pairs.filter((pair) => !gone.includes(pair));
    if (gone.includes(this.pair)) this.lost();
    else if (this.pair) this.show(ballot.pairs.indexOf(this.pair));
  }

  /** The pair that was looked at is gone. */
  lost() {
    this.pair = null;
    const next = button({ kind: "button primary", press: () => this.start(this.ballot) }, t("vote.gone.next"));
    const inside = this.space.contains(this.shadowRoot.activeElement);
    this.space.replaceChildren(nothing("unseen", t("viewer.broken"), t("vote.gone.text"), next));
    this.said.textContent = t("viewer.broken");
    if (inside) next.focus();
  }

  show(place) {
    this.place = place;
    this.pair = this.ballot.pairs[place];
    const { prompt, choice } = this.pair;
    const sides = this.imagesOf(this.pair);
    const count = t("vote.place", { place: number(place + 1), of: number(this.ballot.pairs.length) });
    const side = (name, key, image) => button({ kind: `side${choice === name ? " chosen" : ""}`, label: t(`vote.${name}.label`), "aria-pressed": String(choice === name), press: () => this.choose(name) }, image, h("span", { class: "key" }, h("kbd", {}, key), t(`vote.${name}`)));
    this.space.replaceChildren(
      h("div", { class: "vote" },
        h("div", { class: "above" }, h("p", { class: "prompt" }, prompt), h("p", { class: "sub" }, count)),
        h("progress", { max: this.ballot.pairs.length, value: this.ballot.pairs.filter((one) => one.choice).length, "aria-label": t("vote.progress") }),
        h("div", { class: "pair", role: "group", "aria-label": t("vote.question") }, side("left", "1", sides[0]), side("right", "2", sides[1])),
        h("div", { class: "below" },
          button({ kind: "button", disabled: place === 0, press: () => this.show(place - 1) }, icon("left"), t("vote.back")),
          button({ kind: `button neither${choice === "neither" ? " chosen" : ""}`, "aria-pressed": String(choice === "neither"), press: () => this.choose("neither") }, h("kbd", {}, "0"), t("vote.neither")),
          h("span", { class: "sub" }, t("vote.keys")))));
    this.said.textContent = `${count}. ${prompt}`;
    const next = this.ballot.pairs[place + 1];
    if (next) this.imagesOf(next); // asked for while this one is looked at
  }

  /** Return the two images of a pair, made once: nothing of them may be kept by the browser. */
  imagesOf(pair) {
    if (!this.images.has(pair.id)) this.images.set(pair.id, [pair.left, pair.right].map((src) => h("img", { src, alt: "", width: pair.width, height: pair.height, decoding: "async", draggable: "false" })));
    return this.images.get(pair.id);
  }

  async choose(choice) {
    const { pair, place } = this;
    this.sending = true;
    const done = await attempt(() => api(`/ballots/${this.ballot.id}/pairs/${pair.id}`, { method: "PUT", json: { choice } }));
    this.sending = false;
    if (!done) return;
    pair.choice = choice;
    const after = this.ballot.pairs.findIndex((one, at) => at > place && one.choice === null);
    const next = after < 0 ? this.ballot.pairs.findIndex((one) => one.choice === null) : after;
    if (next < 0) this.thank();
    else this.show(next);
  }

  thank() {
    this.pair = null;
    const { pairs, drawing } = this.ballot;
    const title = pairs.length ? t("vote.thanks") : t("vote.soon");
    const again = pairs.length > 0 && button({ press: () => this.show(0) }, icon("left"), t("vote.again"));
    const more = button({ kind: "button primary", press: () => this.another() }, icon("retry"), t("vote.more"));
    this.space.replaceChildren(nothing(pairs.length ? "check" : "clock", title, drawing ? t("vote.drawing", { count: number(drawing) }) : t("vote.thanks.text", { count: number(pairs.length) }), h("div", { class: "row-of" }, again, more)));
    this.said.textContent = title;
  }

  /** Look whether there is something else to vote on. */
  another() {
    history.replaceState(history.state, "", "/vote");
    return this.look();
  }
}
