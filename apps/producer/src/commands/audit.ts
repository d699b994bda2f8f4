/** `dailies audit`: what people did in the dashboard, newest first. */
import { readAudit } from '@dailies/queue';
import type { CommandOptions, Context } from '../context.ts';
import { table } from '../pages/table.ts';
import { printable } from '../printable.ts';
import { withSession } from '../session.ts';
import { openSetting } from '../setting.ts';

export async function audit(context: Context, { simulate, json, limit = 50 }: CommandOptions & { limit?: number | undefined }): Promise<number> {
  const setting = await openSetting(context, { simulate });
  return withSession(context, setting, { patient: false }, async ({ desk }) => {
    const entries = (await readAudit(desk.store, limit)).map(({ id: _id, at, ...entry }) => ({ at: new Date(at).toISOString(), ...entry }));
    if (json === true) for (const entry of entries) context.terminal.data(`${JSON.stringify(entry)}\n`);
    else if (entries.length === 0) context.terminal.data('Nobody has done anything in the dashboard yet.\n');
    else {
      context.terminal.data(
        table(
          ['when', 'who', 'role', 'what', 'on', 'outcome', 'from'],
          entries.map(({ at, who, role, what, target, outcome, address }) => [
            at,
            ...[who, role, what, target, outcome, address].map((text) => printable(text)),
          ]),
        ),
      );
    }
    return 0;
  });
}
