/**
 * `dailies pause PROVIDER` and `dailies resume PROVIDER`. A pause of a person is a line in the ledger with its reason; resume also ends
 * those that a worker made, on every account that the provider has.
 */
import { PROVIDER_NAMES, type ProviderName } from '@dailies/providers';
import { commandAfter, LEDGER_SCOPE, pause as pauseScope, pauses, resume as resumeProvider } from '@dailies/queue';
import { Complaint } from '../complaint.ts';
import type { CommandOptions, Context } from '../context.ts';
import { printable } from '../printable.ts';
import { providerAccounts } from '../provider-accounts.ts';
import { withSession } from '../session.ts';
import { openSetting } from '../setting.ts';

export interface PauseOptions extends CommandOptions {
  reason?: string | undefined;
  polls?: boolean | undefined;
}

export async function pause(context: Context, name: string, { reason = 'paused by a person', polls = false, simulate, json }: PauseOptions): Promise<number> {
  const provider = providerNamed(name);
  const setting = await openSetting(context, { simulate });
  return withSession(context, setting, { patient: false }, async ({ desk }) => {
    const before = await pauseScope(desk.store, `operator:${provider}`, { reason, kind: 'operator', polls });
    if (before !== null) {
      const stands = `${provider} is paused already${before.polls ? ', polls too' : ''}: ${printable(before.reason)}. That pause stays as it is, and one resume ends it: dailies resume ${provider}${setting.suffix}`;
      context.terminal.data(json === true ? `${JSON.stringify({ provider, paused: true, ...before })}\n` : `${stands}\n`);
      return 0;
    }
    const message = `${provider} is paused: nothing is submitted${polls ? ', nothing is polled' : '; what renders is still polled'}. It goes on with: dailies resume ${provider}${setting.suffix}`;
    context.terminal.data(json === true ? `${JSON.stringify({ provider, paused: true, reason, polls })}\n` : `${message}\n`);
    return 0;
  });
}

export async function resume(context: Context, name: string, { simulate, json }: PauseOptions): Promise<number> {
  const provider = providerNamed(name);
  const setting = await openSetting(context, { simulate });
  return withSession(context, setting, { patient: false }, async ({ desk }) => {
    const accounts = providerAccounts(provider, setting.config, await pauses(desk.store));
    const ended = await resumeProvider(desk.store, provider, accounts);
    const isHeld = (await pauses(desk.store)).some(({ scope }) => scope === LEDGER_SCOPE);
    if (json === true) context.terminal.data(`${JSON.stringify({ provider, ended, ...(isHeld ? { held: LEDGER_SCOPE } : {}) })}\n`);
    else if (isHeld) context.terminal.data(`${provider} still submits nothing: this Redis was rolled back. It goes on with: ${commandAfter({ scope: LEDGER_SCOPE }, provider)}${setting.suffix}\n${ended.length === 0 ? '' : `Ended: ${ended.join(', ')}\n`}`);
    else if (ended.length === 0) context.terminal.data(`${provider} was not paused.\n`);
    else context.terminal.data(`${provider} goes on. Ended: ${ended.join(', ')}\n${sharing(ended)}`);
    return 0;
  });
}

function sharing(ended: readonly string[]): string {
  return ended.some((scope) => scope.startsWith('account:acedata@')) ? 'Hailuo, Pika and Luma share that account: all of them go on.\n' : '';
}

function providerNamed(name: string): ProviderName {
  const found = PROVIDER_NAMES.find((one) => one === name);
  if (found === undefined) throw new Complaint(`There is no provider ${JSON.stringify(name)}. There are: ${PROVIDER_NAMES.join(', ')}.`);
  return found;
}
