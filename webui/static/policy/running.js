/* Trying a policy on the past: the answer comes a line at a time, and tells how far it is. */
import { ApiError } from "../core/api.js";

/** Try version `number`, or `document` in its place, on the latest `most` images; `told` hears each line, which says how far it is. Resolves to the report. */
export async function tryPolicy(number, { document, since, most, signal, told }) {
  const response = await fetch(`/api/v1/policies/${number}/trial`, {
    method: "POST", signal, credentials: "same-origin",
    headers: { accept: "application/x-ndjson", "content-type": "application/json" },
    body: JSON.stringify({ most, ...(document ? { document } : {}), ...(since ? { since } : {}) }),
  });
  if (!response.ok) throw new ApiError(response.status, await response.json().catch(() => null));
  let report = null;
  for await (const line of lines(response.body)) {
    const far = JSON.parse(line);
    told(far);
    report = far.report ?? report;
  }
  if (!report) throw new TypeError("it was cut off");
  return report;
}

async function* lines(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    const parts = (rest + value).split("\n");
    rest = parts.pop();
    yield* parts.filter(Boolean);
  }
  if (rest) yield rest;
}
