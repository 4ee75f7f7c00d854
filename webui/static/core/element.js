/* What our elements have in common: a shadow root with shared sheets, and listeners that end with them. */
import { sheetsOf } from "./styles.js";

export class AtElement extends HTMLElement {
  static sheets = [];
  #alive = null;

  connectedCallback() {
    this.#alive = new AbortController();
    if (!this.shadowRoot) {
      this.attachShadow({ mode: "open" }).adoptedStyleSheets = sheetsOf(...this.constructor.sheets);
      this.render();
    }
    this.connected();
  }

  disconnectedCallback() {
    this.#alive.abort();
    this.disconnected();
  }

  /** Build the shadow tree, once. */
  render() {}

  /** Begin to listen; called each time the element enters a document. */
  connected() {}

  /** Let go of what `connected` took beyond listeners. */
  disconnected() {}

  /** Listen to `target` for as long as this element is in the document. */
  listen(target, type, heard, capture = false) {
    target.addEventListener(type, heard, { signal: this.#alive.signal, capture });
  }
}
