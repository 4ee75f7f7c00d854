/* A picture dropped anywhere on Create or pasted, and settings pasted as text: where it is laid says what for. */
import { overlay } from "../overlay/overlay.js";
import { values } from "./form.js";

/** Take what is dropped and pasted for as long as `host` is in the document. */
export function takePictures(host) {
  let own = false; // a drag that began here is none that brings a picture
  let depth = 0; // how many elements the pointer has entered and not left
  const over = (event) => !own && event.dataTransfer?.types.includes("Files");
  const leave = () => { depth = 0; veil("hideVeil"); };
  const on = (type, heard) => host.listen(window, type, heard);
  on("dragstart", () => { own = true; });
  on("dragend", () => { own = false; });
  on("dragenter", (event) => { if (over(event)) { depth += 1; veil("showVeil"); event.preventDefault(); } });
  on("dragleave", (event) => { if (over(event) && (depth -= 1) <= 0) leave(); });
  on("dragover", (event) => { if (over(event)) { event.dataTransfer.dropEffect = "copy"; event.preventDefault(); } });
  on("drop", (event) => {
    if (!over(event)) return;
    event.preventDefault();
    leave();
    const [file] = event.dataTransfer.files;
    if (file) taken(file, event.composedPath());
  });
  host.listen(document, "paste", pasted);
}

function pasted(event) {
  if (event.composedPath().includes(overlay())) return;
  const file = [...event.clipboardData?.files ?? []].find(({ type }) => type.startsWith("image/"));
  if (file) {
    event.preventDefault();
    taken(file, [...document.querySelectorAll("at-source")].filter(({ waits }) => waits));
    return;
  }
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (text && wholePrompt(event.target)) restoreText(text, { ...values() });
}

const veil = async (act) => (await import("./veil.js"))[act]();

const taken = async (file, path) => (await import("./landed.js")).landed(file, path);

async function restoreText(text, before) {
  const restore = await import("./restore.js");
  if (restore.looksLikeSettings(text)) await restore.restoreText(text, before);
}

/** Say whether the paste makes all of the prompt: it is empty, or selected from end to end. */
function wholePrompt(box) {
  return box instanceof Element && box.matches("#prompt textarea")
    && box.selectionStart === 0 && box.selectionEnd === box.value.length;
}
