/**
 * `dailies webhooks`: the endpoints that fail or are disabled. `--enable` puts one back to work and sends again what it has missed in the
 * last three days; `--forget` takes a disabled one that is gone for good out of the list. An endpoint that works is in no list.
 */
import { type Desk, enableEndpoint, failingEndpoints, giveUpEndpoint, type Endpoint } from '@dailies/queue';
import { Complaint } from '../complaint.ts';
import type { CommandOptions, Context } from '../context.ts';
import { table } from '../pages/table.ts';
import { printable } from '../printable.ts';
import { withSession } from '../session.ts';
import { openSetting } from '../setting.ts';

export interface WebhooksOptions extends CommandOptions {
  enable?: string | undefined;
  forget?: string | undefined;
}

export async function webhooks(context: Context, { enable, forget, simulate, json = false }: WebhooksOptions): Promise<number> {
  const { terminal } = context;
  if (enable !== undefined && forget !== undefined) throw new Complaint('Give either --enable or --forget.');
  const setting = await openSetting(context, { simulate });
  return withSession(context, setting, { patient: false }, async ({ desk }) => {
    if (forget !== undefined) return forgetOne(context, desk, { named: forget, json, suffix: setting.suffix });
    if (enable === undefined) {
      const endpoints = await failingEndpoints(desk.store);
      terminal.data(json ? endpoints.map((one) => `${JSON.stringify(shown(one))}\n`).join('') : listText(endpoints, setting.suffix));
      return 0;
    }
    const enabled = await enableEndpoint(desk, enable);
    if (enabled === null) throw unknown('that fails, or has missed anything,', setting.suffix);
    for (const { id, url, sent } of enabled) {
      terminal.data(
        json
          ? `${JSON.stringify({ id, url, enabled: true, sent })}\n`
          : `${printable(url)} is enabled; ${sent} missed ${sent === 1 ? 'event is' : 'events are'} sent again by the next worker.\n`,
      );
    }
    return 0;
  });
}

interface Wish {
  named: string;
  json: boolean;
  suffix: string;
}

async function forgetOne({ terminal }: Context, desk: Desk, { named, json, suffix }: Wish): Promise<number> {
  const outcomes = await giveUpEndpoint(desk, named);
  if (outcomes === null) throw unknown('that fails', suffix);
  const kept = outcomes.find(({ forgotten }) => !forgotten);
  if (kept !== undefined && outcomes.length === 1) {
    throw new Complaint(
      `${printable(kept.url)} is not disabled: it is tried again, and nothing was done. ` +
        'After a day of failures it is disabled; then it can be forgotten.',
    );
  }
  for (const { id, url, forgotten, dropped } of outcomes) {
    const missed = dropped === 1 ? 'the event that it has missed is' : `the ${dropped} events that it has missed are`;
    const text = forgotten
      ? `${printable(url)} is forgotten${dropped === 0 ? '' : `, and ${missed} not sent any more`}. A new event for it is tried there again.`
      : `${printable(url)} is not disabled, and is left as it is.`;
    terminal.data(json ? `${JSON.stringify({ id, url, forgotten, dropped })}\n` : `${text}\n`);
  }
  return 0;
}

function unknown(which: string, suffix: string): Complaint {
  return new Complaint(`No endpoint ${which} is named so. \`dailies webhooks${suffix}\` lists them with their ids.`);
}

function shown({ failingSince, lastAt, disabledAt, ...endpoint }: Endpoint) {
  const iso = (at: number): string => new Date(at).toISOString();
  return { ...endpoint, failingSince: iso(failingSince), lastAt: iso(lastAt), disabledAt: disabledAt === null ? null : iso(disabledAt) };
}

function listText(endpoints: readonly Endpoint[], suffix: string): string {
  if (endpoints.length === 0) return 'No webhook endpoint fails.\n';
  const rows = endpoints.map((one) => {
    const { id, url, state, failures, failingSince, undelivered, lastFailure } = { ...shown(one), state: one.disabledAt === null ? 'failing' : 'disabled' };
    return [id, state, printable(url, 80), failures, failingSince, undelivered, printable(lastFailure, 100)];
  });
  const list = table(['id', 'state', 'endpoint', 'failures', 'since', 'undelivered', 'last failure'], rows);
  const failing = endpoints.some(({ disabledAt }) => disabledAt === null) ? 'What a failing one misses is tried again by itself, for 24 hours.\n' : '';
  const isOneDisabled = endpoints.some(({ disabledAt }) => disabledAt !== null);
  const gone = isOneDisabled ? `Forget a disabled one that is gone for good: dailies webhooks --forget ID${suffix}\n` : '';
  return `${list}${failing}Enable one, and send what it has missed at once: dailies webhooks --enable ID${suffix}\n${gone}`;
}
