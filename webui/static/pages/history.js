/* History: everything this person has made. */
import { Card } from "../card/card.js";
import { History } from "../history.js";

export const elements = { card: Card, history: History };
