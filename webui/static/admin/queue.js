/* The queue, for administrators: who waits for what, letting it run dry, and what failed for good.
   No stream tells of other people's generations, so it is looked at every few seconds. */
import { api } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { AtElement } from "../core/element.js";
import { button, h, icon } from "../core/dom.js";
import { number, time } from "../core/format.js";
import { Looking } from "../core/looking.js";
import { t } from "../core/i18n.js";
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
    this.views = h("div", { class: "tabs", role: "tablist", "aria-label": t("queue.views") }, VIEWS.map((view) => this.tab(view)));
    this.drainButton = button({ kind: "button drain", press: () => this.drain(), hidden: true }, icon("pause"), t("queue.drain"));
    this.notices = h("div", { class: "notices", role: "status" });
    this.space = h("div", { role: "tabpanel", id: "space" });
    this.shadowRoot.append(
      h("header", { class: "bar" }, h("h1", {}, t("queue.title")), this.counts, this.views, this.drainButton),
      this.notices, this.space);
    const wanted = new URLSearchParams(location.search).get("show");
    this.choose(VIEWS.includes(wanted) ? wanted : VIEWS[0]);
  }

  connected() {
    this.looking = new Looking(() => this.look(), EVERY_MS);
  }

  disconnected() {
    this.looking.stop();
    this.request?.abort();
  }

  tab(view) {
    return button({ kind: "tab", role: "tab", "data-view": view, "aria-controls": "space", press: () => this.choose(view) }, t(`queue.${view}`));
  }

  choose(view) {
    this.view = view;
    for (const tab of this.views.children) tab.setAttribute("aria-selected", String(tab.dataset.view === view));
    this.space.replaceChildren(this[view].element);
    const address = new URL(location.href);
    if (view === VIEWS[0]) address.searchParams.delete("show");
    else address.searchParams.set("show", view);
    history.replaceState(history.state, "", address);
    this.looking?.now();
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
    const [, tab] = this.views.children;
    tab.replaceChildren(t("queue.dead"), ...(count ? [" ", h("b", {}, count)] : []));
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
