/* One generation in the line: what, whose, how it stands, and stopping it. */
import { api } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { button, h, icon } from "../core/dom.js";
import { lasting, number, when } from "../core/format.js";
import { t } from "../core/i18n.js";
import { sure } from "../overlay/sure.js";
import { say } from "../overlay/toast.js";

const KINDS = { running: "live", queued: "plain", paused: "warn", stopping: "warn" };

export class Entry {
  /** `changed` is called after the generation was stopped. */
  constructor(changed) {
    this.changed = changed;
    [this.place, this.priority, this.attempt, this.since] = ["place", "number", "number", "number"].map((kind) => h("td", { class: kind }));
    [this.prompt, this.model, this.also, this.name, this.email, this.state, this.holder] =
      ["p", "small", "small", "span", "small", "span", "small"].map((tag) => h(tag));
    this.also.className = "also";
    this.stopButton = button({ kind: "button small", press: () => this.stop() }, icon("close"), t("action.cancel"));
    this.row = h("tr", {}, this.place, h("td", { class: "what" }, this.prompt, this.model, this.also),
      h("td", { class: "person" }, this.name, this.email), h("td", { class: "state" }, this.state, this.holder),
      this.priority, this.attempt, this.since, h("td", { class: "act" }, this.stopButton));
  }

  /** Write down how it stands; `place` is its number in the line. */
  show(one, place) {
    this.known = one;
    const state = this.stopping ? "stopping" : one.paused ? "paused" : one.state;
    const since = lasting(one.seconds);
    write(this.place, number(place));
    write(this.prompt, one.prompt);
    this.prompt.title = one.prompt;
    write(this.model, one.num_images > 1 ? t("queue.several", { model: one.model, count: number(one.num_images) }) : one.model);
    write(this.also, `${one.owner.name} · ${since}`);
    write(this.name, one.owner.name);
    write(this.email, one.owner.email);
    this.email.title = one.owner.email;
    write(this.state, t(`queue.state.${state}`));
    this.state.className = `tag ${KINDS[state]}`;
    write(this.holder, one.holder ?? "");
    this.holder.title = one.holder ?? "";
    write(this.priority, t(`queue.priority.${one.priority}`));
    write(this.attempt, t("queue.attempt", { attempt: number(one.attempt), most: number(one.max_attempts) }));
    write(this.since, since);
    this.since.title = when(one.state === "running" ? one.started_at ?? one.created_at : one.created_at);
    this.stopButton.setAttribute("aria-label", t("queue.cancel.label", { prompt: one.prompt.slice(0, 80) }));
    this.stopButton.disabled = this.stopping;
  }

  stopping = false;

  async stop() {
    const { id, prompt, owner } = this.known;
    const really = await sure("queue.cancel", { prompt: shortened(prompt), name: owner.name });
    if (!really) return;
    this.stopping = await attempt(async () => {
      await api(`/queue/${id}/cancel`, { method: "POST" });
      say(t("say.canceled"));
    });
    this.changed();
  }
}

function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

const shortened = (text) => (text.length > 90 ? `${text.slice(0, 89)}…` : text);
