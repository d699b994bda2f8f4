/**
 * `dailies webhooks`: the endpoints that fail or are disabled. `--enable` puts one back to work and sends again what it has missed in the
 * last three days. An endpoint that works is in no list.
 */
import { enableEndpoint, failingEndpoints, type Endpoint } from '@dailies/queue';
import { Complaint } from '../complaint.ts';
import type { CommandOptions, Context } from '../context.ts';
import { table } from '../pages/table.ts';
import { printable } from '../printable.ts';
import { withSession } from '../session.ts';
import { openSetting } from '../setting.ts';

export interface WebhooksOptions extends CommandOptions {
  enable?: string | undefined;
}

export async function webhooks(context: Context, { enable, simulate, json = false }: WebhooksOptions): Promise<number> {
  const { terminal } = context;
  const setting = await openSetting(context, { simulate });
  return withSession(context, setting, { patient: false }, async ({ desk }) => {
    if (enable === undefined) {
      const endpoints = await failingEndpoints(desk.store);
      terminal.data(json ? endpoints.map((one) => `${JSON.stringify(shown(one))}\n`).join('') : listText(endpoints, setting.suffix));
      return 0;
    }
    const enabled = await enableEndpoint(desk, enable);
    if (enabled === null) {
      throw new Complaint(`No endpoint that fails, or has missed anything, is named so. \`dailies webhooks${setting.suffix}\` lists them with their ids.`);
    }
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
  return `${list}Enable one, and send what it missed: dailies webhooks --enable ID${suffix}\n`;
}
