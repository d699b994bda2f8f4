/**
 * `dailies pause PROVIDER` and `dailies resume PROVIDER`. A pause of a person is a line in the ledger with its reason; resume also ends
 * those that a worker made, on every account that the provider has.
 */
import { PROVIDER_NAMES, type ProviderName } from '@dailies/providers';
import {
  accountIn, commandAfter, insistPaused, isByPerson, isLedgerHeld, LEDGER_SCOPE, pause as pauseScope, pauses, resume as resumeProvider, sharingText,
} from '@dailies/queue';
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

export async function pause(context: Context, name: string, { reason: given = '', polls = false, simulate, json }: PauseOptions): Promise<number> {
  // An empty reason comes from a shell variable that is not set.
  const said = given.trim();
  const wish = { reason: said || 'paused by a person', kind: 'operator', polls, isUnexplained: said === '' };
  const provider = providerNamed(name);
  const setting = await openSetting(context, { simulate });
  return withSession(context, setting, { patient: false }, async ({ desk }) => {
    const scope = `operator:${provider}`;
    const { isNew, ...stands } = await pauseScope(desk.store, scope, wish);
    await insistPaused(desk, scope);
    const rest = polls ? ', nothing is polled' : '; what renders is still polled';
    const already = `${provider} is paused already${stands.polls ? ', polls too' : ''}: ${printable(stands.reason)}.`;
    const message = isNew
      ? `${provider} is paused: nothing is submitted${rest}. It goes on with: dailies resume ${provider}${setting.suffix}`
      : `${already} That pause stays as it is, and one resume ends it: dailies resume ${provider}${setting.suffix}`;
    context.terminal.data(json === true ? `${JSON.stringify({ provider, paused: true, ...stands })}\n` : `${message}\n`);
    return 0;
  });
}

export async function resume(context: Context, name: string, { simulate, json }: PauseOptions): Promise<number> {
  const provider = providerNamed(name);
  const setting = await openSetting(context, { simulate });
  return withSession(context, setting, { patient: false }, async ({ desk }) => {
    const accounts = providerAccounts(provider, setting.config, await pauses(desk.store));
    const ended = await resumeProvider(desk.store, provider, accounts);
    const isHeld = isLedgerHeld(await pauses(desk.store));
    const held = isHeld ? { held: LEDGER_SCOPE } : {};
    context.terminal.data(json === true ? `${JSON.stringify({ provider, ended, ...held })}\n` : resumed(provider, ended, isHeld, setting.suffix));
    return 0;
  });
}

/** `isHeld`: the ledger itself holds the submits, which no resume ends. */
function resumed(provider: ProviderName, ended: readonly string[], isHeld: boolean, suffix: string): string {
  if (isHeld) {
    const remedy = `${commandAfter({ scope: LEDGER_SCOPE }, provider)}${suffix}`;
    const rest = ended.length === 0 ? '' : `Ended: ${endedText(provider, ended)}\n`;
    return `${provider} still submits nothing: this Redis was rolled back. It goes on with: ${remedy}\n${rest}`;
  }
  if (ended.length === 0) return `${provider} was not paused.\n`;
  return [`${provider} goes on. Ended: ${endedText(provider, ended)}`, sharingText(ended)].map((line) => (line === '' ? '' : `${line}\n`)).join('');
}

/** The scopes of pauses in words for people. What held one provider of an account held no other provider that shares it. */
function endedText(provider: ProviderName, ended: readonly string[]): string {
  const word = (scope: string): string => {
    if (isByPerson({ scope })) return "a person's pause";
    return scope.startsWith('provider:') ? `the pause of ${provider} on the account ${accountIn(scope)}` : `the pause of the account ${accountIn(scope)}`;
  };
  return ended.map(word).join(', ');
}

function providerNamed(name: string): ProviderName {
  const found = PROVIDER_NAMES.find((one) => one === name);
  if (found === undefined) throw new Complaint(`There is no provider ${JSON.stringify(name)}. There are: ${PROVIDER_NAMES.join(', ')}.`);
  return found;
}
