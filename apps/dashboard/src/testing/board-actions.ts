/** Everything that Bull Board says it can do, out of its own table of routes, with these names in the place of its parameters. */
import { createBullBoard } from '@bull-board/api';
import { ExpressAdapter } from '@bull-board/express';

export function boardActions(names: Record<string, string>): (readonly [method: string, route: string])[] {
  const found: (readonly [string, string])[] = [];
  class Listening extends ExpressAdapter {
    override setApiRoutes(routes: Parameters<ExpressAdapter['setApiRoutes']>[0]): this {
      for (const { method, route } of routes) {
        if (method === 'get') continue;
        for (const one of [route].flat()) {
          found.push([String(method).toUpperCase(), `/queues${one.replaceAll(/:(\w+)/g, (_, name: string) => names[name] ?? name)}`]);
        }
      }
      return this;
    }
  }
  createBullBoard({ queues: [], serverAdapter: new Listening() });
  return found;
}
