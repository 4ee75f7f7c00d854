/* Bringing a picture of one's own: it is sent with its progress told, and kept as an upload that nobody else sees. */
import { ApiError } from "../core/api.js";
import { t } from "../core/i18n.js";

export const KINDS = ["image/png", "image/jpeg", "image/webp"];

/** Send a file; `moved` is told the share that has left, 0 to 1. Returns { id, kind, width, height }. */
export async function bring(file, moved = () => null, signal = null) {
  if (!KINDS.includes(file.type)) throw new ApiError(422, { detail: t("restore.kinds"), code: "kind" });
  const { id, width, height } = await sent(file, moved, signal);
  return { id, kind: "upload", width, height };
}

function sent(file, moved, signal) {
  const body = new FormData();
  body.append("file", file);
  const call = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    call.upload.addEventListener("progress", ({ loaded, total }) => moved(total ? loaded / total : 0));
    call.addEventListener("load", () => (call.status === 201 ? resolve(call.response) : reject(new ApiError(call.status, call.response))));
    call.addEventListener("error", () => reject(new TypeError("offline")));
    call.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
    signal?.addEventListener("abort", () => call.abort());
    call.open("POST", "/api/v1/uploads");
    call.responseType = "json";
    call.setRequestHeader("accept", "application/json");
    call.send(body);
  });
}

/** Return what went wrong in words: what is too large, too many or no picture has a next step. */
export function whyNot(error) {
  if (!(error instanceof ApiError)) return t("edit.trouble.away");
  if (error.status === 413) return t("edit.trouble.large");
  if (error.status === 409) return t("edit.trouble.many");
  if (error.status === 415 || error.status === 422) return t("edit.trouble.unreadable");
  return error.message;
}

/** Return the address of the bytes of a picture to draw from. */
export const addressOf = ({ id, kind }) => (kind === "upload" ? `/api/v1/uploads/${id}/content` : `/api/v1/images/${id}/content?variant=full`);
