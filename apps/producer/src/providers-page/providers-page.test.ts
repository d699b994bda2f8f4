import { PROVIDERS } from '@dailies/providers';
import { describe, expect, test } from 'vitest';
import { providerData, providerPage, providersData, providersOverview } from './providers-page.ts';

describe('the page of a provider', () => {
  test.each(Object.values(PROVIDERS))('$name names every model and every parameter of its schema', (provider) => {
    const page = providerPage(provider.name, 80);
    for (const model of provider.models) expect(page).toContain(model);
    for (const name of Object.keys(provider.params.shape)) expect(page).toContain(`\n  ${name}\n`);
  });

  test('says type, bounds, choices, default, images, pace and limits', () => {
    const page = providerPage('kling', 100);
    expect(page).toContain('a number from 0 to 1');
    expect(page).toContain('one of "std", "pro"');
    expect(page).toContain('Default: "5".');
    expect(page).toContain('an image: a file, a link or a data: URI');
    expect(page).toContain('first poll 1 min after the submit');
    expect(page).toContain('KLING_MAX_IN_FLIGHT');
    expect(providerPage('allegro', 80)).toMatch(/first poll 2 min[^]*a whole number, at least 1\n/);
  });

  test.each([60, 80, 120])('keeps to a terminal of %i columns', (width) => {
    const pages = [providersOverview(width), ...Object.keys(PROVIDERS).map((name) => providerPage(name, width))];
    expect(pages.flatMap((page) => page.split('\n')).filter((line) => line.length > width)).toEqual([]);
  });

  test('of a name that is none is refused with the nearest', () => {
    expect(() => providerPage('klng', 80)).toThrow('There is no provider "klng". Did you mean "kling"? Known: allegro, kling, hailuo, pika, luma.');
    expect(() => providerPage('constructor', 80)).toThrow('There is no provider');
  });
});

describe('the data for machines', () => {
  test('has the limits that the page shows, with what they are by default', () => {
    const [own, shared] = ['LUMA_MAX_IN_FLIGHT', 'ACEDATA_MAX_IN_FLIGHT'];
    expect(providerData('luma').limits.map(({ variable }) => variable)).toEqual([own, shared]);
    for (const { name, limits } of providersData()) for (const { variable, about } of limits) expect(providerPage(name, 1_000)).toContain(`${variable}: ${about}.`);
    expect(providerPage('luma', 1_000)).toContain('all three providers together; default: 5.');
  });

  test('has a JSON schema of the parameters, without bounds that mean nothing', () => {
    const { params } = providerData('allegro');
    expect(params.properties['num_step']).toMatchObject({ type: 'integer', minimum: 1 });
    expect(JSON.stringify(providersData())).not.toContain(String(Number.MAX_SAFE_INTEGER));
    expect(providersData().map(({ name }) => name)).toEqual(Object.keys(PROVIDERS));
  });
});
