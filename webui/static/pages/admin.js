/* Administration: the queue and its dead letters. */
import { Queue } from "../admin/queue.js";

export const elements = { queue: Queue };
