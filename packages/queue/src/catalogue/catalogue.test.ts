import { describe, expect, it } from 'vitest';
import { batchLoads, timeLeft } from './batch-load.ts';
import { Catalogue, type ChangingFacts, type FixedFacts } from './catalogue.ts';
import { figuresOf } from './figures.ts';
import { search } from './search.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const HOUR = 3_600_000;

function add(catalogue: Catalogue, id: string, fixed: Partial<FixedFacts> = {}, changing: Partial<ChangingFacts> = {}): void {
  catalogue.add(
    { id, provider: 'luma', account: 'acedata@x', batch: 'b', createdBy: '', createdAt: NOW - HOUR, prompt: `prompt of ${id}`, metadata: null, ...fixed },
    { state: 'queued', kind: '', submittedAt: 0, finishedAt: 0, polls: 0, refetched: false, ...changing },
  );
}

function found(catalogue: Catalogue, wanted: Parameters<typeof search>[1]): string[] {
  return search(catalogue, wanted, { size: 100 }).ids;
}

describe('search', () => {
  it('finds words in any order, whatever their case, and phrases as they are', () => {
    const catalogue = new Catalogue();
    add(catalogue, 'g1', { prompt: 'A red Fox crosses a frozen lake' });
    add(catalogue, 'g2', { prompt: 'the lake of the red moon; ÉTÉ à Paris' });
    expect(found(catalogue, { text: 'lake RED' })).toEqual(['g1', 'g2']);
    expect(found(catalogue, { text: '"red fox"' })).toEqual(['g1']);
    expect(found(catalogue, { text: 'e\u0301te\u0301' })).toEqual(['g2']);
    expect(found(catalogue, { text: 'g2' })).toEqual(['g2']);
    expect(found(catalogue, { text: 'red whale' })).toEqual([]);
  });

  it('never finds a text across the border of two', () => {
    const catalogue = new Catalogue();
    add(catalogue, 'g1', { prompt: 'ends with fire' });
    add(catalogue, 'work', { prompt: 'begins' });
    expect(found(catalogue, { text: 'firework' })).toEqual([]);
  });

  it('finds in texts beyond the first block, and the right one of many', () => {
    const catalogue = new Catalogue();
    for (let at = 0; at < 4_000; at += 1) add(catalogue, `g${at}`, { prompt: `${'long '.repeat(500)} take ${at};` });
    expect(found(catalogue, { text: '"take 3999;"' })).toEqual(['g3999']);
    expect(found(catalogue, { text: '"take 17;"' })).toEqual(['g17']);
  });

  it('filters by metadata exactly, and by everything else at once', () => {
    const catalogue = new Catalogue();
    add(catalogue, 'g1', { metadata: { shot: 1 }, createdBy: 'web' }, { state: 'failed', kind: 'asset' });
    add(catalogue, 'g2', { metadata: { shot: 12 }, createdBy: 'web', createdAt: NOW }, { state: 'failed', kind: 'moderated' });
    add(catalogue, 'g3', { metadata: { shot: 1 }, batch: '', provider: 'kling' });
    expect(found(catalogue, { metadata: 'shot=1' })).toEqual(['g1', 'g3']);
    expect(found(catalogue, { batch: '' })).toEqual(['g3']);
    expect(found(catalogue, { states: ['failed'], createdBy: 'web', from: NOW })).toEqual(['g2']);
    expect(found(catalogue, { kind: 'asset', provider: 'luma', to: NOW })).toEqual(['g1']);
    expect(found(catalogue, { kind: 'moderated', to: NOW }), 'before, not at').toEqual([]);
    expect(found(catalogue, { createdBy: 'web' })).toEqual(['g1', 'g2']);
    for (const unknown of [{ provider: 'nobody' }, { createdBy: 'nobody' }, { batch: 'nobody' }, { kind: 'nobody' }]) expect(found(catalogue, unknown)).toEqual([]);
  });

  it('goes through pages newest first, and what comes meanwhile moves nothing', () => {
    const catalogue = new Catalogue();
    for (const id of ['g3', 'g2', 'g1']) add(catalogue, id);
    catalogue.endFirstReading();
    add(catalogue, 'g4');
    const first = search(catalogue, {}, { size: 2 });
    expect(first).toEqual({ total: 4, ids: ['g4', 'g3'], more: true });
    add(catalogue, 'g5');
    expect(search(catalogue, {}, { size: 2, after: 'g3' })).toEqual({ total: 5, ids: ['g2', 'g1'], more: false });
  });
});

describe('figures', () => {
  it('count by the last word of each, with ages, times and steps of ten minutes', () => {
    const catalogue = new Catalogue();
    add(catalogue, 'waits', { createdAt: NOW - 3 * HOUR });
    add(catalogue, 'renders', {}, { state: 'rendering', submittedAt: NOW - 90_000 });
    for (let at = 1; at <= 20; at += 1) add(catalogue, `done${at}`, {}, { state: 'succeeded', submittedAt: NOW - 60_000 - at * 10_000, finishedAt: NOW - 60_000, polls: 4 });
    add(catalogue, 'old', {}, { state: 'succeeded', submittedAt: NOW - 51 * HOUR, finishedAt: NOW - 50 * HOUR, polls: 400 });
    // A file that was fetched again is no video that took a year.
    const again = { state: 'succeeded', submittedAt: NOW - 8_760 * HOUR, finishedAt: NOW - 2 * HOUR, polls: 400, refetched: true } as const;
    for (let at = 0; at < 20; at += 1) add(catalogue, `again${at}`, {}, again);
    add(catalogue, 'failed', {}, { state: 'failed', kind: 'asset', finishedAt: NOW - 2 * HOUR });
    const { providers, series } = figuresOf(catalogue, NOW);
    expect(providers.luma).toMatchObject({ oldestQueued: NOW - 3 * HOUR, oldestRendering: NOW - 90_000, lastMove: NOW - 60_000, videos: { tenMinutes: 20, hour: 20, day: 40 }, failures: { hour: 0, day: 1 }, pollsPerVideo: 4 });
    expect((providers.luma.timeToVideo.p50 ?? 0) / 100_000).toBeCloseTo(1, 1);
    expect((providers.luma.timeToVideo.p95 ?? 0) / 190_000).toBeCloseTo(1, 1);
    expect(series.videos.luma.reduce((sum, count) => sum + count, 0)).toBe(40);
    expect(series.starts[series.failures['asset']?.indexOf(1) ?? -1]).toBe(NOW - 2 * HOUR);
    // Retried: it is no failure any more.
    catalogue.update('failed', { state: 'queued', kind: '', submittedAt: 0, finishedAt: 0, polls: 0, refetched: false });
    expect(figuresOf(catalogue, NOW).series.failures).toEqual({});
  });
});

describe('the time that is left of a batch', () => {
  it('grows with what waits, shrinks with slots, shares turns with others, and is unknown without a video', () => {
    const catalogue = new Catalogue();
    for (let at = 0; at < 10; at += 1) add(catalogue, `mine${at}`, { batch: 'mine' });
    const slots = { allegro: 1, kling: 1, hailuo: 1, pika: 1, luma: 1 };
    const left = (luma: number) => timeLeft(batchLoads(catalogue), 'mine', figuresOf(catalogue, NOW), { ...slots, luma });
    expect(left(1)).toBeNull();
    for (let at = 0; at < 10; at += 1) add(catalogue, `done${at}`, { batch: 'other' }, { state: 'succeeded', submittedAt: NOW - 160_000, finishedAt: NOW - 60_000 });
    expect((left(1) ?? 0) / 1_100_000).toBeCloseTo(1, 1);
    expect((left(5) ?? 0) / 300_000).toBeCloseTo(1, 1);
    for (let at = 0; at < 100; at += 1) add(catalogue, `other${at}`, { batch: 'other' });
    expect((left(1) ?? 0) / 2_100_000).toBeCloseTo(1, 1);
    expect(timeLeft(batchLoads(catalogue), 'nothing moves', figuresOf(catalogue, NOW), slots)).toBe(0);
  });
});
