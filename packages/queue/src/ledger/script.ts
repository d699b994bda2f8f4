/** Makes a script of Lua source. The shared prologue gives every script the same clock: Redis' own. */
import { createHash } from 'node:crypto';
import type { Script } from './store.ts';

export function script(lua: string): Script {
  const whole = `${PROLOGUE}\n${lua}`;
  return { lua: whole, sha1: createHash('sha1').update(whole).digest('hex') };
}

const PROLOGUE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;
