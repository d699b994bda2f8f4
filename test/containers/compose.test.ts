/** The Compose file, held against the specification's own schema, and against what this repository has. No engine runs here. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { VARIABLES } from '@dailies/queue';

const root = fileURLToPath(new URL('../../', import.meta.url));
const text = readFileSync(path.join(root, 'docker-compose.yml'), 'utf8');
const merged: unknown = parse(text, { merge: true });
const { services, volumes, secrets } = z
  .object({
    services: z.record(z.string(), z.looseObject({ environment: z.record(z.string(), z.string()).default({}), command: z.union([z.string(), z.array(z.string())]).optional(), volumes: z.array(z.string()).default([]), ports: z.array(z.string()).default([]), read_only: z.boolean().default(false), healthcheck: z.unknown().optional(), profiles: z.array(z.string()).default([]), secrets: z.array(z.string()).default([]) })),
    volumes: z.record(z.string(), z.unknown()),
    secrets: z.record(z.string(), z.looseObject({ file: z.string().optional() })),
  })
  .parse(merged);
const ours = ['api', 'worker', 'dashboard', 'simulator'];

test('the Compose file is valid by the schema of the Compose specification', () => {
  const { $schema: _draft, ...schema } = JSON.parse(readFileSync(new URL('compose-spec.schema.json', import.meta.url), 'utf8')) as Record<string, unknown>;
  const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(schema);
  expect(validate(merged), JSON.stringify(validate.errors)).toBe(true);
});

test('our services run without rights, on a read-only file system, from files that the build makes', () => {
  for (const name of ours) {
    const service = services[name];
    expect(service, name).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'], init: true, healthcheck: expect.anything() as unknown });
    const file = service?.command?.[1] ?? '';
    expect(file).toMatch(/^apps\/\w+\/dist\/.*\.js$/);
    const source = path.join(root, file.replace('/dist/', '/src/').replace(/\.js$/, '.ts'));
    expect(existsSync(source), source).toBe(true);
  }
});

test('a worker has no port of the host, so that several of them can run, and every published port is of this machine alone', () => {
  expect(services['worker']?.ports).toEqual([]);
  for (const { ports } of Object.values(services)) for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
});

test('only profiles that were asked for bring the simulator and the observers', () => {
  expect(Object.entries(services).filter(([, { profiles }]) => profiles.length === 0).map(([name]) => name).toSorted()).toEqual(['api', 'dashboard', 'redis', 'worker']);
});

test('a service on a read-only file system is given secrets from files alone: Compose cannot copy any other into it', () => {
  const copied = Object.entries(services).filter(([, { secrets: given }]) => given.some((name) => secrets[name]?.file === undefined));
  expect(copied.map(([name]) => name)).toEqual(['prometheus']);
  expect(copied.filter(([, { read_only }]) => read_only).map(([name]) => name)).toEqual([]);
});

/** What Node itself reads. */
const OF_NODE = new Set(['NODE_OPTIONS']);

test('every variable that is set is one of the configuration, every volume is declared, every mounted file is there', () => {
  for (const name of ours) {
    const unknown = Object.keys(services[name]?.environment ?? {}).filter((variable) => VARIABLES[variable] === undefined && !OF_NODE.has(variable));
    expect(unknown, name).toEqual([]);
  }
  for (const mount of Object.values(services).flatMap(({ volumes: mounts }) => mounts)) {
    const [source = ''] = mount.split(':');
    if (source.startsWith('.')) expect(existsSync(path.join(root, source)), mount).toBe(true);
    else expect(Object.keys(volumes), mount).toContain(source);
  }
});

test('Redis keeps what it has acknowledged, as the doctor wants it', () => {
  for (const setting of ['appendonly yes', 'appendfsync always', 'maxmemory-policy noeviction']) expect(text).toContain(setting);
});
