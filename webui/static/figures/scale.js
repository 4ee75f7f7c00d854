/* Where values stand on an axis: round ticks from nothing upwards, and labels that do not touch. */
const ROUND = [1, 2, 2.5, 5, 10];

/** Return some four ticks from 0 on, the last at least `most`; `whole` leaves out halves of what is counted. */
export function ticks(most, whole = false, wanted = 4) {
  if (!(most > 0)) return [0, 1];
  const rough = most / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ROUND.map((one) => one * power).find((one) => one >= rough * 0.999 && (!whole || Number.isInteger(one))) ?? Math.max(1, Math.ceil(rough));
  const count = Math.max(1, Math.ceil(most / step - 1e-9));
  return Array.from({ length: count + 1 }, (_, place) => Number((place * step).toPrecision(12)));
}

/** Return which of `count` places get a label where `room` fit: the last one, and every so many before it. */
export function labelled(count, room) {
  const every = Math.max(1, Math.ceil(count / Math.max(1, room)));
  return Array.from({ length: count }, (_, place) => place).filter((place) => (count - 1 - place) % every === 0);
}
