/** Bull Board over every queue: its look and its routes. The adapter decides what an action does. */
import path from 'node:path';
import { createBullBoard } from '@bull-board/api';
import type { UITheme } from '@bull-board/api/typings/app';
import { ExpressAdapter } from '@bull-board/express';
import { type Config, type Desk, deskAt, shardOf, type Store } from '@dailies/queue';
import { type Express, Router } from 'express';
import { placeOf } from '../html/place.ts';
import { BOARD_PATH } from './board-path.ts';
import { bulkActions } from './bulk-actions.ts';
import { LedgerAdapter } from './ledger-adapter.ts';
import { ownPage } from './own-page.ts';
import { ownWords } from './own-words.ts';
import { type AccountsOf, type QueueRole, queueRoles } from './queue-role.ts';

export interface Boards {
  /** The board for viewers. It offers no actions. */
  readOnly: Router;
  acting: Router;
}

/** Mount it at BOARD_PATH. Errors are left to the application. */
export function openBoards(config: Config, desk: Desk, accountsOf: AccountsOf): Boards {
  return { readOnly: createBoard(config, desk, accountsOf, true), acting: createBoard(config, desk, accountsOf, false) };
}

function createBoard(config: Config, desk: Desk, accountsOf: AccountsOf, readOnly: boolean): Router {
  const { store } = desk;
  const adapters = store.shards.flatMap(({ number }) =>
    rolesIn(config, store, number).map((role) => new LedgerAdapter(deskAt(desk, number), role, accountsOf, readOnly)),
  );
  const server = new OurServer();
  server.setBasePath(BOARD_PATH);
  createBullBoard({
    queues: adapters,
    serverAdapter: server,
    options: {
      uiConfig: {
        boardTitle: 'Dailies',
        environment: environmentBadge(config),
        theme: THEME,
        miscLinks: [{ text: 'Overview', url: '/' }, { text: 'Generations', url: '/generations' }, { text: 'Unresolved', url: '/inbox' }],
        // Each open tab asks for every queue, once per interval.
        pollingInterval: { forceInterval: 5, showSetting: true },
        overview: { groupByDelimiter: true },
        hideDocsLink: true,
        sortQueues: false,
        // Bull Board would count workers by CLIENT LIST, once for each queue and poll, and managed Redis often refuses that command.
        showWorkers: false,
      },
    },
  });
  const routes: Express = server.getRouter();
  routes.disable('x-powered-by');
  return Router().use(ownPage(), bulkActions(adapters), routes);
}

/** The queues that can hold anything: a provider's on the shard of its account; on every shard when its key is not configured here. */
function rolesIn(config: Config, store: Store, shard: number): QueueRole[] {
  return queueRoles(config).filter(({ provider }) => provider?.account == null || shardOf(store, provider.account.id).number === shard);
}

class OurServer extends ExpressAdapter {
  /** Ours come first. */
  override setStaticPath(route: string, folder: string): this {
    this.app.use(`${route}/locales`, ownWords(path.join(folder, 'locales')));
    super.setStaticPath(route, folder);
    return this;
  }

  /** Replaces Bull Board's own handler, which calls a refusal an internal server error and shows messages that are not for people. */
  override setErrorHandler(): this {
    super.setErrorHandler((error) => {
      throw error;
    });
    return this;
  }
}

/** The badge that tells whether a click can cost money, in the colours of our own pages. */
function environmentBadge(config: Config): { label: string; color: string; textColor: string } {
  const { label, tone } = placeOf(config);
  return { label, color: COLORS[tone], textColor: '#ffffff' };
}

const COLORS = { none: '#475569', simulated: '#0f766e', live: '#b91c1c' };
/** Bull Board's own greys and state colours have too little contrast to be read. */
const THEME: UITheme = {
  light: {
    primary: '#1d4ed8',
    'primary-foreground': '#ffffff',
    'muted-foreground': '#4b5563',
    destructive: '#b42318',
    'status-failed': '#b91c1c',
    'status-completed': '#166534',
    'status-waiting': '#92400e',
    'status-prioritized': '#86198f',
    'status-active': '#1e40af',
    'status-delayed': '#5b21b6',
    'status-paused': '#44403c',
  },
  dark: {
    primary: '#93c5fd',
    'primary-foreground': '#0f172a',
    'muted-foreground': '#b3bdca',
    destructive: '#f4a6a0',
    'destructive-foreground': '#1d0f0e',
    'status-failed': '#fca5a5',
    'status-completed': '#86efac',
    'status-waiting': '#fcd34d',
    'status-prioritized': '#f0abfc',
    'status-active': '#93c5fd',
    'status-delayed': '#c4b5fd',
    'status-paused': '#d6d3d1',
  },
};
