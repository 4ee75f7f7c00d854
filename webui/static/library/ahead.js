/* What the library begins with, and asking for it while Gradio is still drawing the page. */
import { api, may } from "../core/api.js";
import { expect } from "./pictures.js";
import { term } from "./query.js";

const PAGE = 60;
const APPROVED = term("status", "approved");
let asked = null;

const address = () => new URLSearchParams(location.search);
const isMaker = () => may("generate").catch(() => false);

/** Who only looks begins with what was approved, but sees all of a gallery. */
const usually = async (gallery) => (gallery || await isMaker() ? "" : APPROVED);

/** Return what the address asks for, and what this person begins with if it asks for nothing. */
export async function beginning(gallery) {
  const [maker, usual, asks] = [await isMaker(), await usually(gallery), address()];
  return { maker, usual, query: asks.get("q") ?? usual, stacked: asks.get("stacked") === "true", until: asks.get("until"), image: asks.get("image") };
}

/** Return a search with the gallery that it is about; that goes by its id, first. */
export const within = (gallery, query) => (gallery ? `${term("gallery", gallery)} ${query}`.trim() : query);

/** Return how the first page of a search is asked for; `until` is a month to begin with. */
export const firstPage = (q, stacked, until) => new URLSearchParams({ limit: PAGE, ...(q && { q }), ...(stacked && { stacked: "true" }), ...(until && { until }) });

/** Ask for the first page, and for its pictures. */
export async function askAhead(gallery = null) {
  const query = address().get("q") ?? await usually(gallery);
  const page = firstPage(within(gallery, query), address().get("stacked") === "true", address().get("until"));
  const answer = api(`/library?${page}`);
  asked = { page: String(page), answer };
  answer.then(({ items }) => expect(items)).catch(() => null);
}

/** Return what is coming of a page that was asked for ahead, once. */
export function askedAhead(page) {
  const { answer } = asked?.page === String(page) ? asked : {};
  if (answer) asked = null;
  return answer;
}
