/** The simulator's fault menu, mixed: about one in three requests of each kind meets something. Look-ups are left alone, so they must settle. */
import type { Fault } from '@dailies/simulator';

const ON_CREATE = ['500', '502', '503', '504', '408', '409', '429-html', 'html-502', 'html-200', 'truncated-json', 'empty-200', 'reset-before-read', 'reset-after-read', 'reset-after-read-not-accepted', 'silence', 'retry-after-ms', 'kling:1303', 'acedata:too_many_requests', 'redirect'];
const ON_POLL = ['500', '502', '503', '504', '429-html', 'html-200', 'truncated-json', 'empty-200', 'reset-before-read', 'reset-after-read', 'unknown-word', 'missing', 'no-output', 'redirect', 'retry-after-ms'];
const ON_ASSET = ['cut', 'wrong-length', 'truncated-mp4', 'empty', 'html', '404', '403-expired', '500', '503', 'reset', 'redirect'];

export function menu(): Fault[] {
  return [
    ...ON_CREATE.map((what): Fault => ({ on: 'create', what, probability: 0.018, ms: 500 })),
    { on: 'create', what: 'slow-drip', probability: 0.02, ms: 5 },
    { on: 'create', what: 'late-answer', probability: 0.02, ms: 1_000 },
    ...ON_POLL.map((what): Fault => ({ on: 'poll', what, probability: 0.02, ms: 500 })),
    { on: 'poll', what: 'silence', probability: 0.01 },
    { on: 'poll', what: 'task-fails', probability: 0.02 },
    { on: 'poll', what: 'task-fails', code: 'api_error', reason: 'no channel available', probability: 0.02 },
    ...ON_ASSET.map((what): Fault => ({ on: 'asset', what, probability: 0.02 })),
  ];
}
