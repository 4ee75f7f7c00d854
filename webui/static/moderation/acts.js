/* What reviewers do, through the API: claim, decide, take back, decide several, have files removed. */
import { api } from "../core/api.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { sure } from "../overlay/sure.js";
import { offer, toast } from "../overlay/toast.js";

const FLAGS = "/moderation/flags";
const post = (flagId, deed, json = undefined) => api(`${FLAGS}/${flagId}/${deed}`, { method: "POST", json });

export const claim = (flagId) => post(flagId, "claim");
/** Ask to see a sealed image; returns what it is fetched with. */
export const unseal = async (flagId) => (await api(`${FLAGS}/${flagId}/reveal`, { method: "POST", json: { confirm: true } })).reveal;
export const openCase = (flagId) => api(`${FLAGS}/${flagId}`);
/** Let others have it; also while the page is being left, when nobody waits for an answer. */
export const letGo = (flagId) => void fetch(`/api/v1${FLAGS}/${flagId}/claim`, { method: "DELETE", credentials: "same-origin", keepalive: true }).catch(() => null);

/** Do something that the API may refuse, and say why it did; returns what came of it, or null. */
async function tried(act) {
  try {
    return await act();
  } catch (error) {
    toast(t("trouble.action", { reason: error.message }), "bad");
    return null;
  }
}

/** Decide one case; returns how it stands then. `undone` is told when it was taken back. */
export async function decide(flag, decision, note, undone) {
  const now = await tried(() => post(flag.id, "review", { decision, ...(note && { note }) }));
  if (!now) return null;
  const prompt = flag.prompt.slice(0, 60);
  if (now.awaited) toast(t("moderation.was_asked"));
  else offer(t(`moderation.was_${now.state}`, { prompt }), t("action.undo"), async () => { if (await undo(flag.id)) undone(); });
  told();
  return now;
}

/** Hand a case to administrators, with why; returns how it stands then. */
export async function escalate(flag, note) {
  const now = await tried(() => post(flag.id, "escalate", { note }));
  if (now) toast(t("moderation.was_escalated"));
  if (now) told();
  return now;
}

/** Take back the last decision about a case, or what one asked for. */
export async function undo(flagId) {
  const now = await tried(() => post(flagId, "undo"));
  if (now) {
    toast(t("moderation.was_undone"));
    told();
  }
  return now;
}

/** Decide several cases of one category, after saying how many those are; returns which were decided. */
export async function decideSeveral(ids, category, decision, note = "") {
  const wanted = { flag_ids: ids, category, decision, ...(note && { note }) };
  const several = (dry) => tried(() => api(`${FLAGS}/reviews`, { method: "POST", json: { ...wanted, dry_run: dry } }));
  const foreseen = await several(true);
  if (!foreseen) return [];
  if (!foreseen.decided.length) return refused(foreseen), [];
  const counts = { count: number(foreseen.decided.length), left: number(foreseen.refused.length) };
  const meant = decision === "release" ? await sure("moderation.several.release", counts, "ok") : await sure("moderation.several.reject", counts);
  const done = meant && await several(false);
  if (!done) return [];
  toast(t("moderation.were_decided", { count: number(done.decided.length) }));
  refused(done);
  told();
  return done.decided;
}

/** Ask for a rejected image's files to be removed, or confirm that. */
export async function purge(flag, note) {
  const meant = flag.awaited ? await sure("moderation.purge.confirm", { name: flag.awaited.name }) : await sure("moderation.purge.ask");
  const now = meant && await tried(() => post(flag.id, "purge", note ? { note } : {}));
  if (now) toast(t(now.purged ? "moderation.was_purged" : "moderation.was_asked"));
  return now || null;
}

function refused({ refused: some }) {
  if (some.length) toast(t("moderation.were_refused", { count: number(some.length), reason: some[0].reason }), "bad");
}

const told = () => document.dispatchEvent(new Event("atelier:decided"));
