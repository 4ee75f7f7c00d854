/* Create: the form, and beside it what is being drawn or was drawn lately. */
import { Card } from "../card/card.js";
import { Composer } from "../composer/element.js";
import { Fold } from "../composer/fold.js";
import { form } from "../composer/form.js";
import { Problem } from "../composer/problem.js";
import { Styles } from "../composer/styles.js";
import { Feed } from "../feed.js";

export const elements = { composer: Composer, problem: Problem, fold: Fold, styles: Styles, card: Card, feed: Feed };

/** Let Gradio's half of the form speak with ours. */
export const start = () => window.Atelier.open(form);
