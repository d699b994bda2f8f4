/**
 * All providers there are. Adding one means its folder, a line here, its part of the configuration and its part of the simulator.
 */
import type { Provider, ProviderName } from './provider.ts';
import { allegro } from './allegro/provider.ts';
import { hailuo } from './hailuo/provider.ts';
import { kling } from './kling/provider.ts';
import { luma } from './luma/provider.ts';
import { pika } from './pika/provider.ts';

export const PROVIDERS: Record<ProviderName, Provider> = { allegro, kling, hailuo, pika, luma };
