/* The queue, for administrators: who waits for what, letting it run dry, and what failed for good.
   No stream tells of other people's generations, so it is looked at every few seconds. */
import { api } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { AtElement } from "../core/element.js";
import { button, h, icon } from "../core/dom.js";
import { number, time } from "../core/format.js";
import { Looking } from "../core/looking.js";
import { t } from "../core/i18n.js";
import { Tabs } from "../core/tabs.js";
import { sure } from "../overlay/sure.js";
import { say } from "../overlay/toast.js";
import { DeadLetters } from "./dead.js";
import { Line } from "./line.js";
import { away, drained, stale } from "./notices.js";

const EVERY_MS = 3_000;
// How many looks at the line there are for one at dead letters that nobody is reading.
const SELDOM = 10;
const VIEWS = ["line", "dead"];

export class Queue extends AtElement {
  static sheets = ["lists", "queue"];

  render() {
    const again = () => this.looking.now();
    this.line = new Line({ turned: again, changed: again });
    this.dead = new DeadLetters({ counted: (count) => this.counted(count), changed: again });
    this.looks = 0;
    this.counts = h("span", { class: "sub" });
    this.tabs = new Tabs(t("queue.views"), VIEWS.map((view) => [view, t(`queue.${view}`)]), (view) => this.choose(view));
    this.drainButton = button({ kind: "button drain", press: () => this.drain(), hidden: true }, icon("pause"), t("queue.drain"));
    this.notices = h("div", { class: "notices", role: "status" });
    this.shadowRoot.append(
      h("header", { class: "bar" }, h("h1", {}, t("queue.title")), this.counts, this.tabs.element, this.drainButton),
      this.notices, this.tabs.space);
    this.tabs.open();
  }

  connected() {
    this.looking = new Looking(() => this.look(), EVERY_MS);
  }

  disconnected() {
    this.looking.stop();
    this.request?.abort();
  }

  choose(view) {
    this.view = view;
    this.looking?.now();
    return this[view].element;
  }

  async look() {
    this.request?.abort();
    const { signal } = (this.request = new AbortController());
    if (this.view === "dead" || this.looks++ % SELDOM === 0) this.dead.look();
    try {
      const page = await api(`/queue?${this.line.query}`, { signal });
      this.heardAt = new Date().toISOString();
      this.show(page.status);
      this.line.show(page);
    } catch {
      if (!signal.aborted) this.failed();
    }
  }

  show(status) {
    this.counts.textContent = t("queue.counts", { running: number(status.running), queued: number(status.queued) });
    this.drainButton.hidden = Boolean(status.drained_at);
    const told = [status.drained_at, status.drained_at && !status.running, status.inference_away].join();
    if (told === this.told) return;
    this.told = told;
    this.notices.replaceChildren(...[
      status.drained_at && drained(status, () => this.resume()),
      status.inference_away && away(),
    ].filter(Boolean));
  }

  failed() {
    if (!this.heardAt) this.line.failed(() => this.looking.now());
    else if (this.told !== "stale") this.notices.prepend(stale(time(this.heardAt)));
    this.told = "stale";
  }

  counted(count) {
    this.tabs.of("dead").replaceChildren(t("queue.dead"), ...(count ? [" ", h("b", {}, count)] : []));
  }

  async drain() {
    const really = await sure("queue.drain", {}, "primary");
    if (!really) return;
    await this.tell("drain");
    this.notices.querySelector("button")?.focus();
  }

  async resume() {
    await this.tell("resume");
    this.drainButton.focus();
  }

  /** Let the gate be shut or opened, and show how the queue stands now. */
  tell(verb) {
    return attempt(async () => {
      this.show(await api(`/queue/${verb}`, { method: "POST" }));
      say(t(`queue.said.${verb}`));
      this.looking.now();
    });
  }
}
