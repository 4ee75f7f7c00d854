/* Create: the form, and beside it what is being drawn or was drawn lately. */
import { Card } from "../card/card.js";
import { whenIdle } from "../core/dom.js";
import { Counter } from "../composer/counter.js";
import { Composer } from "../composer/element.js";
import { startEmphasis } from "../composer/emphasis.js";
import { Fold } from "../composer/fold.js";
import { Into } from "../composer/into.js";
import { form } from "../composer/form.js";
import { Problem } from "../composer/problem.js";
import { startRecall } from "../composer/recall.js";
import { Styles } from "../composer/styles.js";
import { Source } from "../edit/line.js";
import { Feed } from "../feed.js";
import { CompareButton, startGrid } from "../grids/button.js";

export const elements = { composer: Composer, counter: Counter, problem: Problem, source: Source, fold: Fold, compare: CompareButton, styles: Styles, into: Into, card: Card, feed: Feed };

/** Let Gradio's half of the form speak with ours, and listen to the keys of the prompt. */
export function start() {
  startEmphasis();
  startRecall();
  window.Atelier.open(form);
  startGrid();
  whenIdle().then(() => import("../edit/ways.js")).then(({ define }) => define());
}
