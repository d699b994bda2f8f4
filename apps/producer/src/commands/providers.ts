/** `dailies providers [NAME]`: what can be asked of whom. Needs no key and no Redis. */
import type { CommandOptions, Context } from '../context.ts';
import { providerData, providerPage, providersData, providersOverview } from '../providers-page/index.ts';

export async function providers({ terminal }: Context, name: string | undefined, { json = false }: Pick<CommandOptions, 'json'>): Promise<number> {
  const width = terminal.dataIsForPeople ? Math.min(terminal.columns, 120) : 80;
  if (json) terminal.data(`${JSON.stringify(name === undefined ? providersData() : providerData(name))}\n`);
  else terminal.data(`${name === undefined ? providersOverview(width) : providerPage(name, width)}\n`);
  return 0;
}
