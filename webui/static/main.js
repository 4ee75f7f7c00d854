/* The browser's half of the pages: loads the style sheets, then registers the elements. */
import { loadSheets } from "./core/styles.js";
import { guardFetch } from "./core/fetch.js";
import { startTheme } from "./core/theme.js";
import { startEvents } from "./core/events.js";
import { startTitle } from "./core/title.js";
import { startKeys } from "./core/keys.js";
import { form } from "./composer/form.js";
import { Composer } from "./composer/element.js";
import { Styles } from "./composer/styles.js";
import { Fold } from "./composer/fold.js";
import { Problem } from "./composer/problem.js";
import { Rail } from "./rail.js";
import { Feed } from "./feed.js";
import { Card } from "./card/card.js";
import { History } from "./history.js";
import { Moderation } from "./moderation/list.js";
import { ReviewCase } from "./moderation/case.js";
import { Queue } from "./admin/queue.js";
import { People } from "./people/page.js";
import { Account } from "./account/page.js";
import { Usage } from "./account/usage.js";
import { Keys } from "./account/keys.js";
import { Sessions } from "./account/sessions.js";
import { Webhooks } from "./account/webhooks.js";
import { WebhookCard } from "./account/webhook.js";
import { Overlay } from "./overlay/overlay.js";
import { startSignedOut } from "./overlay/signed_out.js";
import { startBanner } from "./overlay/banner.js";

guardFetch();
startTheme();
await loadSheets();
for (const [name, element] of Object.entries({
  overlay: Overlay, rail: Rail, composer: Composer, problem: Problem, fold: Fold, styles: Styles, card: Card, feed: Feed,
  history: History, case: ReviewCase, moderation: Moderation, queue: Queue, people: People,
  usage: Usage, webhook: WebhookCard, webhooks: Webhooks, sessions: Sessions, apikeys: Keys, account: Account,
})) customElements.define(`at-${name}`, element);
startSignedOut();
startBanner();
startEvents();
startTitle();
startKeys();
window.Atelier.open(form);
