/* Watches the page's own requests: Gradio's client swallows a 401 and hides a failed call. */
export const requests = new EventTarget();
const CALL = "/gradio_api/run/predict";

/** Wrap `fetch`: say `signed-out` on any 401 of this origin, `call-failed` when the form's call fails.
    One that could not leave is answered here: Gradio would take its connection for lost, and call nothing ever again. */
export function guardFetch() {
  const original = window.fetch;
  window.fetch = async (...request) => {
    const path = new URL(request[0]?.url ?? request[0], location.href).pathname;
    try {
      const response = await original(...request);
      if (response.status === 401) requests.dispatchEvent(new Event("signed-out"));
      else if (!response.ok && path === CALL) requests.dispatchEvent(new Event("call-failed"));
      return response;
    } catch (error) {
      if (path !== CALL) throw error;
      requests.dispatchEvent(new Event("call-failed"));
      return Response.json({ error: "away" }, { status: 503 });
    }
  };
}
