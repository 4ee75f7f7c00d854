/* Every generation this page knows, and what was last heard of it. Elements listen; nobody else writes. */
export const store = new EventTarget();
const generations = new Map();
const progress = new Map();
const previews = new Map();

const ENDED = new Set(["succeeded", "failed", "canceled"]);
export const ended = (generation) => ENDED.has(generation.state);

const tell = (type, detail) => store.dispatchEvent(new CustomEvent(type, { detail }));

/** Take in a generation as the API tells it; an old message never undoes an end. */
export function learn(generation) {
  const before = generations.get(generation.id);
  if (before && ended(before) && !ended(generation)) return;
  generations.set(generation.id, generation);
  if (generation.progress) progress.set(generation.id, generation.progress);
  if (ended(generation)) forgetLive(generation.id);
  tell("generation", { generation, before });
}

/** Take in how a queued generation waits now. */
export function learnWait({ generation_id: id, ...wait }) {
  const before = generations.get(id);
  if (before?.state === "queued") learn({ ...before, ...wait });
}

export function learnProgress(message) {
  progress.set(message.generation_id, message);
  tell("progress", message);
}

export function learnPreview(message) {
  const kept = previews.get(message.generation_id) ?? new Map();
  kept.set(message.index, message);
  previews.set(message.generation_id, kept);
  tell("preview", message);
}

/** Take in a decision about one image. */
export function learnModeration(message) {
  const generation = generations.get(message.generation_id);
  if (generation) {
    const images = generation.images.map((image) => (image.id === message.image_id
      ? { ...image, moderation: message.moderation, reason: message.reason } : image));
    learn({ ...generation, images });
  }
  tell("moderation", message);
}

export const find = (id) => generations.get(id) ?? null;
export const progressOf = (id) => progress.get(id) ?? null;
export const previewsOf = (id) => [...(previews.get(id)?.values() ?? [])];
export const running = () => [...generations.values()].filter((one) => !ended(one));

/** Return everything known, newest first. */
export const newestFirst = () => [...generations.values()].sort(compareNewest);
export const compareNewest = (a, b) => Date.parse(b.created_at) - Date.parse(a.created_at) || (a.id < b.id ? 1 : -1);

function forgetLive(id) {
  progress.delete(id);
  previews.delete(id);
}
