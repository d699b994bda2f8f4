/**
 * `dailies doctor --shards`: writes SHARDS down in the ledger as the number of its shards. Only while nothing is on its way, since that would be
 * looked for elsewhere afterwards; whoever still runs with the old number is refused from then on.
 */
import { changeShards } from '@dailies/queue';
import { Complaint } from '../complaint.ts';
import type { CommandOptions, Context } from '../context.ts';
import { withSession } from '../session.ts';
import { openSetting } from '../setting.ts';

export async function settleShards(context: Context, { simulate, json }: CommandOptions): Promise<number> {
  const setting = await openSetting(context, { simulate });
  const { redisTag, shards } = setting.config;
  return withSession(context, setting, { patient: false, anyShards: true }, async ({ desk }) => {
    const change = await changeShards(desk.store.redis, redisTag, shards);
    if (change.outcome === 'refused') {
      const why = change.why.map(({ shard, open, kept }) =>
        open > 0 ? `${open === 1 ? '1 is on its' : `${open} are on their`} way in shard ${shard}` : `shard ${shard} holds ${kept}, which would be left`,
      );
      // What has ended stays where it is: waiting for it, or canceling it, would not help.
      const remedy = change.why.some(({ open }) => open > 0)
        ? 'Let them end (or cancel them), stop every process, and try again.'
        : `It would not be found any more: keep SHARDS=${change.from}.`;
      throw new Complaint(
        `Nothing was changed: this ledger has ${change.from} ${change.from === 1 ? 'shard' : 'shards'}, ` +
          `and ${why.join('; ')}. ${remedy}`,
      );
    }
    if (json === true) context.terminal.data(`${JSON.stringify({ type: 'shards', from: change.from, shards })}\n`);
    else {
      context.terminal.data(
        change.outcome === 'same'
          ? `This ledger has ${shards} ${shards === 1 ? 'shard' : 'shards'} already.\n`
          : `This ledger has ${shards} ${shards === 1 ? 'shard' : 'shards'} now; it had ${change.from}. Start every process with SHARDS=${shards}.\n`,
      );
    }
    return 0;
  });
}
