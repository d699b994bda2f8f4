/** `dailies keys create NAME --scope …`: makes an API key. The key goes to stdout, once; what `API_KEYS` needs is its hash, which is no secret. */
import { API_KEY_NAME, SCOPES } from '@dailies/queue';
import { newKey } from '../api/keys/new-key.ts';
import { Complaint } from '../complaint.ts';
import type { CommandOptions, Context } from '../context.ts';

export interface KeyOptions extends Pick<CommandOptions, 'json'> {
  scope: readonly string[];
}

export async function createKey({ terminal }: Context, name: string, { scope, json }: KeyOptions): Promise<number> {
  if (!API_KEY_NAME.test(name)) {
    throw new Complaint(`${JSON.stringify(name.slice(0, 80))} is no legal name of a key: use 1 to 64 of letters, digits, ".", "_" and "-".`);
  }
  const scopes = SCOPES.filter((known) => scope.includes(known));
  const unknown = scope.filter((word) => !(SCOPES as readonly string[]).includes(word));
  if (unknown.length > 0 || scopes.length === 0) throw new Complaint(`--scope is one of ${SCOPES.join(', ')}, and may be given several times.`);
  const { key, entry } = newKey(name, scopes);
  if (json === true) {
    terminal.data(`${JSON.stringify({ name, scopes, key, line: entry })}\n`);
    return 0;
  }
  terminal.data(`${key}\n`);
  terminal.say('The key is above. It is shown this once and kept nowhere: hand it to whom it is for.');
  terminal.say('For .env, or the environment of `npm start`; several are separated by commas:');
  terminal.data(`API_KEYS=${entry}\n`);
  return 0;
}
