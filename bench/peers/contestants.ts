/** Everybody who takes part: Dailies, the bare pipeline, and what somebody would pick instead. */
import { bare } from '../pipeline/bare.ts';
import type { Contestant } from '../pipeline/contestant.ts';
import { dailies } from '../pipeline/dailies.ts';
import { postgresPeer } from './postgres-peer.ts';
import { restate } from './restate-peer.ts';

export const CONTESTANTS: readonly Contestant[] = [
  dailies,
  bare,
  postgresPeer('pg-boss', 'pg-boss'),
  postgresPeer('graphile-worker', 'graphile-worker'),
  restate,
  postgresPeer('DBOS', 'dbos'),
];
