/** Bull Board over every queue: its look, and the routes it is reached by. What an action does is up to the adapter. */
import { createBullBoard } from '@bull-board/api';
import { ExpressAdapter } from '@bull-board/express';
import { isSimulated, type Config, type Desk } from '@dailies/queue';
import { type Express, Router } from 'express';
import { bulkActions } from './bulk-actions.ts';
import { LedgerAdapter } from './ledger-adapter.ts';
import { ownPage } from './own-page.ts';
import { queueRoles } from './queue-role.ts';

export const BOARD_PATH = '/queues';

/** To be mounted at BOARD_PATH. Errors are left to the application. */
export function createBoard(config: Config, desk: Desk): Router {
  const adapters = queueRoles(config).map((role) => new LedgerAdapter(desk, role));
  const server = new PassingOnErrors();
  server.setBasePath(BOARD_PATH);
  createBullBoard({
    queues: adapters,
    serverAdapter: server,
    options: {
      uiConfig: {
        boardTitle: 'Dailies',
        environment: environmentBadge(config),
        // Each open tab asks once per interval, for every queue.
        pollingInterval: { forceInterval: 5, showSetting: true },
        overview: { groupByDelimiter: true },
        hideDocsLink: true,
        sortQueues: false,
        // Workers are counted by CLIENT LIST, once per queue and poll, which managed Redis often refuses.
        showWorkers: false,
      },
    },
  });
  const routes: Express = server.getRouter();
  routes.disable('x-powered-by');
  return Router().use(ownPage(), bulkActions(adapters), routes);
}

class PassingOnErrors extends ExpressAdapter {
  /** Bull Board's own handler calls a refusal an internal server error, and shows messages that are not for people. */
  override setErrorHandler(): this {
    super.setErrorHandler((error) => {
      throw error;
    });
    return this;
  }
}

/** Whether a click can cost money. */
function environmentBadge(config: Config): { label: string; color: string; textColor: string } {
  if (Object.values(config.providers).every(({ account }) => account === null)) return { label: 'no API key here', color: '#64748b', textColor: '#ffffff' };
  return isSimulated(config) ? { label: 'simulated upstreams', color: '#0f766e', textColor: '#ffffff' } : { label: 'live: submits are paid', color: '#b91c1c', textColor: '#ffffff' };
}
