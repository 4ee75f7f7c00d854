/* Calls to the API as the person at this browser. */
import { t } from "./i18n.js";
import { store } from "./store.js";

/** What the API said no with; `message` is for people, `code` for us. */
export class ApiError extends Error {
  constructor(status, problem) {
    super(problem?.detail ?? t("trouble.unreadable"));
    this.status = status;
    this.code = problem?.code ?? "unreadable";
    this.fields = problem?.fields ?? [];
  }
}

/** Call the API and return its JSON; throws ApiError, or TypeError when nothing answers. */
export async function api(path, { method = "GET", json, body, headers = {}, signal } = {}) {
  const response = await fetch(`/api/v1${path}`, {
    method,
    signal,
    credentials: "same-origin",
    headers: { accept: "application/json", ...(json ? { "content-type": "application/json" } : {}), ...headers },
    body: json ? JSON.stringify(json) : body,
  });
  const answer = await response.json().catch(() => null);
  if (answer?.code === "maintenance") store.dispatchEvent(new Event("notice-changed"));
  if (!response.ok) throw new ApiError(response.status, answer);
  return answer;
}

/** Ask for a generation; a fresh key a press, so that a repeated request starts nothing twice. `from` may name the `parent` image and the `gallery` for its images. */
export function generate(parameters, from = {}) {
  const named = new URLSearchParams(Object.entries(from).filter(([, id]) => id));
  return api(`/generations?${named}`, { method: "POST", json: parameters, headers: { "idempotency-key": crypto.randomUUID() } });
}

/** Return the address of an image's bytes; each request is checked again by the API. */
export const contentOf = (imageId, variant) => `/api/v1/images/${imageId}/content?variant=${variant}`;

let person = null;
/** Return who is signed in; asked once a page. */
export const me = () => (person ??= api("/me"));

/** Say whether the person may do this. */
export const may = (permission) => me().then((who) => who.permissions.includes(permission));
