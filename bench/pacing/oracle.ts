/**
 * The policy that knows the law: no other has a lower cost × polls + delay on it, to within one step. Shares no code with what Dailies runs; computed
 * on an even grid of seconds, over the whole law. It keeps to the first wait and the shortest pause, as every user of the upstream must, but not to a
 * longest pause.
 */
import { PACE, type Policy } from './policies.ts';

const STEP_MS = 1000;
const LONGEST_STEPS = 900;

export function oracle(sample: Float64Array, secondsAPoll: number): Policy {
  const steps = Math.ceil((sample.at(-1) ?? 0) / STEP_MS) + PACE.minMs / STEP_MS;
  const done = new Float64Array(steps + 1);
  const sum = new Float64Array(steps + 1);
  let at = 0;
  for (let step = 0; step <= steps; step += 1) {
    done[step] = done[step - 1] ?? 0;
    sum[step] = sum[step - 1] ?? 0;
    for (; at < sample.length && (sample[at] ?? 0) <= step * STEP_MS; at += 1) {
      done[step] = (done[step] ?? 0) + 1 / sample.length;
      sum[step] = (sum[step] ?? 0) + (sample[at] ?? 0) / 1000 / sample.length;
    }
  }
  const delay = (from: number, to: number): number => ((to * STEP_MS) / 1000) * ((done[to] ?? 1) - (done[from] ?? 1)) - ((sum[to] ?? 0) - (sum[from] ?? 0));
  const cost = new Float64Array(steps + 1);
  const next = new Int32Array(steps + 1);
  const cheapest = (from: number, earliest: number): [number, number] => {
    let best: [number, number] = [Infinity, earliest];
    for (let to = earliest; to <= Math.min(steps, Math.max(earliest, from + LONGEST_STEPS)); to += 1) {
      const total = delay(from, to) + (cost[to] ?? 0);
      if (total < best[0]) best = [total, to];
    }
    return best;
  };
  for (let step = steps; step >= 0; step -= 1) {
    const earliest = step + PACE.minMs / STEP_MS;
    const left = secondsAPoll * (1 - (done[step] ?? 1));
    const [rest, to] = left <= 1e-12 || earliest > steps ? [0, earliest] : cheapest(step, earliest);
    cost[step] = left + rest;
    next[step] = to;
  }
  const [, first] = cheapest(0, PACE.firstPollMs / STEP_MS);
  return { first: () => first * STEP_MS, next: (ageMs) => (next[Math.round(ageMs / STEP_MS)] ?? 0) * STEP_MS - ageMs };
}
