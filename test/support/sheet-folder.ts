/** Makes a folder as a large batch leaves it: rows of every kind, real (small) videos, manifests and contact sheet. For screenshots and measuring. */
import { mkdir, readdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PROVIDER_NAMES } from '@dailies/providers';
import type { PublicGeneration } from '@dailies/queue';
import { writeContactSheet } from '../../apps/worker/src/folder/contact-sheet.ts';

const FIXTURES = fileURLToPath(new URL('../../apps/simulator/fixtures/', import.meta.url));

/** Makes the same rows every time. */
export async function writeSheetFolder(folder: string, count: number, more: { title?: string; simulated?: boolean } = {}): Promise<PublicGeneration[]> {
  await mkdir(folder, { recursive: true });
  const clips = (await readdir(FIXTURES)).filter((name) => name.endsWith('.mp4')).toSorted();
  const rows = Array.from({ length: count }, (_, at) => sampleRow(at));
  await Promise.all(rows.flatMap(({ videos }, at) => videos.map(({ file }) => symlink(path.join(FIXTURES, clips[at % clips.length] ?? ''), path.join(folder, file ?? '')))));
  const { title = 'autumn-campaign', simulated = false } = more;
  await writeContactSheet(folder, { title, rows, simulated });
  return rows;
}

function sampleRow(at: number): PublicGeneration {
  const state = stateAt(at);
  const created = Date.UTC(2025, 9, 14, 8, 0, 0) + at * 900;
  const took = 41_000 + ((at * 7919) % 190_000);
  const id = `g${at.toString(32).padStart(4, '0').padEnd(20, 'q7k2m')}`;
  const provider = PROVIDER_NAMES[(at * 7) % PROVIDER_NAMES.length] ?? 'luma';
  const times = { createdAt: iso(created), submittedAt: iso(created + 4_000), finishedAt: iso(created + took) };
  return {
    id,
    state,
    provider,
    model: provider === 'kling' ? 'kling-v2-6' : null,
    prompt: PROMPTS[at % PROMPTS.length] ?? '',
    params: { aspect_ratio: '16:9', duration: '5', seed: 7_000 + at, ...(provider === 'kling' ? { negative_prompt: 'text, watermark, distortion', mode: 'pro' } : {}) },
    batch: 'autumn-campaign',
    priority: 1,
    round: 1,
    metadata: { scene: Math.floor(at / 4) + 1, take: (at % 4) + 1 },
    attempts: 1,
    ...times,
    task: { id: `7291${at}` },
    ...(state === 'succeeded' && at % 3 === 0 ? { estimatedCost: { amount: 0.4, currency: 'USD', basis: 'price' as const } } : {}),
    videos: state === 'succeeded' ? [{ url: 'https://cdn.example/v.mp4', file: `${id}.mp4`, sha256: 'a'.repeat(64), bytes: 120_000, durationSeconds: 5, width: 1280, height: 720 }] : [],
    ...(state === 'failed' ? { failure: FAILURES[at % FAILURES.length] ?? { kind: 'upstream', message: 'No.', retryable: false } } : {}),
    ...(state === 'unresolved' ? { ambiguity: { sentAt: times.submittedAt, why: 'the connection was reset before an answer came' } } : {}),
    history: [{ at: times.createdAt, state: 'queued' }, { at: times.submittedAt, state: 'submitting' }, { at: times.finishedAt, state, ...(state === 'canceled' ? { note: 'canceled by a person' } : {}) }],
  };
}

function stateAt(at: number): PublicGeneration['state'] {
  if (at % 11 === 6) return 'failed';
  if (at % 53 === 12) return 'canceled';
  if (at % 89 === 9) return 'unresolved';
  return at % 97 === 17 ? 'overdue' : 'succeeded';
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

const PROMPTS = [
  'A red fox runs through fresh snow at dawn, low camera, breath in the cold air',
  'An old lighthouse keeps turning above a quiet sea',
  'Paper boats float down a river of black ink, macro lens, shallow focus, slow dolly forward; the paper drinks the colour until the first boat sinks and its ripples reach the others, one after another',
  'Warm light inside of a furnace',
  'A shuttle flies from space into an old volcano',
  'Tram 28 climbs a wet street, reflections of neon, rain on the lens',
  'Wind over a field of barley, seen from above — die Halme neigen sich',
  '雨の夜、路地裏の猫がこちらを見る',
];

const FAILURES = [
  { kind: 'moderated', message: 'The prompt was refused by content policy: it names a real person.', code: '1301', retryable: false },
  { kind: 'upstream', message: 'The upstream tried and failed: render node lost, please try again later (code 5001). Nothing was billed for this task.', code: '5001', retryable: true },
  { kind: 'asset', message: 'The result could not be fetched: the host refuses the link (403).', code: 'expired', retryable: true },
];
