/* One's own runs, newest first: each step with its picture, and where a run stands. Looked at again when one goes on. */
import { api, contentOf } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { button, h, icon } from "../core/dom.js";
import { ago, when } from "../core/format.js";
import { t } from "../core/i18n.js";
import { failed, ghosts, nothing } from "../core/lists.js";
import { Pager } from "../core/pager.js";
import { progressOf, store } from "../core/store.js";
import { toast } from "../overlay/toast.js";
import { nameOf, pictureOf, promptOf } from "./words.js";

const PAGE = 20;
const TAGS = { running: "live", held: "warn", succeeded: "ok", failed: "", canceled: "plain" };
const SOON_MS = 150;

export class Runs {
  constructor() {
    this.pager = new Pager(PAGE, () => this.look());
    this.list = h("ul", { class: "runs" }, h("li", {}, ghosts("ghost recipe-ghost", 3)));
    this.space = h("div", { "aria-live": "polite" });
    this.element = h("div", {}, this.list, this.space, this.pager.element);
    this.rows = new Map();
    this.listen();
  }

  listen() {
    store.addEventListener("run", this.soon);
    store.addEventListener("generation", this.soon);
    store.addEventListener("moderation", this.soon);
    store.addEventListener("progress", this.moved);
  }

  deafen() {
    store.removeEventListener("run", this.soon);
    store.removeEventListener("generation", this.soon);
    store.removeEventListener("moderation", this.soon);
    store.removeEventListener("progress", this.moved);
    clearTimeout(this.waiting);
  }

  /** Several things are said at once when a step ends: one look answers all of them. */
  soon = () => {
    if (!this.element.isConnected) return;
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.look(), SOON_MS);
  };

  moved = ({ detail }) => {
    const bar = this.list.querySelector(`[data-generation="${CSS.escape(detail.generation_id)}"] progress`);
    if (bar) Object.assign(bar, { max: detail.total, value: detail.step });
  };

  async look() {
    const asked = (this.asked = {});
    try {
      const { items, next_cursor: next } = await api(`/runs?${this.pager.query}`);
      if (this.asked !== asked || !this.pager.learn(items.length, next)) return;
      this.lay(items);
    } catch {
      if (this.asked !== asked || this.rows.size) return;
      this.list.replaceChildren();
      this.space.replaceChildren(failed(t("recipes.runs.error"), () => this.look()));
    }
  }

  /** Show these runs; a row that says the same stays, with the focus that may be in it. */
  lay(items) {
    const rows = new Map(items.map((run) => {
      const said = JSON.stringify([run.state, run.at, run.steps.map(({ state, generation }) => [state, generation?.id, generation?.images])]);
      const before = this.rows.get(run.id);
      return [run.id, before?.said === said ? before : { said, element: this.row(run) }];
    }));
    const focus = this.list.getRootNode().activeElement?.closest?.("[data-run]")?.dataset.run;
    const wanted = [...rows.values()].map((row) => row.element);
    if (wanted.length !== this.list.children.length || wanted.some((row, place) => this.list.children[place] !== row)) this.list.replaceChildren(...wanted);
    this.rows = rows;
    if (focus && !this.list.contains(this.list.getRootNode().activeElement)) rows.get(focus)?.element.querySelector("button, a")?.focus();
    this.space.replaceChildren(...(items.length ? [] : [nothing("recipe", t("recipes.runs.empty.title"), t("recipes.runs.empty.text"))]));
  }

  row(run) {
    const { state, error, title } = run;
    const alive = state === "running" || state === "held";
    const act = alive ? button({ kind: "button small", label: t("recipes.cancel.named", { title }), press: () => this.tell(run, "cancel") }, icon("close"), h("span", {}, t("recipes.cancel")))
      : run.can_retry && button({ kind: "button small", label: t("recipes.retry.named", { title, step: run.at }), press: () => this.tell(run, "retry") }, icon("retry"), h("span", {}, t("recipes.retry")));
    return h("li", { class: "run-row", "data-run": run.id, "data-state": state },
      h("div", { class: "top" }, h("div", { class: "named" }, h("h2", {}, title), h("p", { class: "facts" },
        h("span", { class: `tag ${TAGS[state]}` }, t(`recipes.state.${state}`)), h("span", { title: when(run.created_at) }, ago(run.created_at)),
        run.prompt && h("span", { class: "said", title: run.prompt }, run.prompt))), act || null),
      h("ol", { class: "strip" }, run.steps.map(tile)),
      error && h("p", { class: "why" }, icon("warning"), h("span", {}, t("recipes.why", { step: error.step, name: nameOf(run.steps[error.step - 1].settings), reason: error.message }))),
      state === "held" && h("p", { class: "why held" }, icon("shield"), h("span", {}, t("recipes.held", { step: run.at }))));
  }

  tell(run, verb) {
    return attempt(async () => {
      await api(`/runs/${run.id}/${verb}`, { method: "POST" });
      toast(t(`recipes.said.${verb}`));
      await this.look();
    });
  }
}

/** Return a step: its picture once there is one to be seen, else how it stands. */
function tile({ settings, state, generation }, place) {
  const image = generation?.images[0];
  const seen = state === "succeeded" && image;
  const name = t("recipes.tile", { step: place + 1, name: nameOf(settings), state: t(`recipes.step.state.${state}`) });
  const picture = seen
    ? h("a", { class: "picture", href: `/library?image=${image.id}`, "aria-label": name }, h("img", { src: contentOf(image.id, "thumb"), alt: "", loading: "lazy", width: 96, height: 96 }))
    : h("div", { class: `picture ${state}`, role: "img", "aria-label": name }, state === "held" ? icon("lock") : pictureOf(settings), state === "running" && bar(generation));
  return h("li", { "data-generation": generation?.id, title: promptOf(settings) }, picture, h("small", {}, nameOf(settings)));
}

function bar(generation) {
  const now = progressOf(generation.id) ?? generation.progress;
  return h("progress", { "aria-hidden": "true", max: now?.total ?? 1, value: now?.step ?? 0 });
}
