/* Account: what belongs to the person who is signed in. */
import { Keys } from "../account/keys.js";
import { Account } from "../account/page.js";
import { Sessions } from "../account/sessions.js";
import { Usage } from "../account/usage.js";
import { WebhookCard } from "../account/webhook.js";
import { Webhooks } from "../account/webhooks.js";

export const elements = { usage: Usage, webhook: WebhookCard, webhooks: Webhooks, sessions: Sessions, apikeys: Keys, account: Account };
