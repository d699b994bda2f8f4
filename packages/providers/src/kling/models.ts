/**
 * Kling's models and what each can do, as documented. Cloudsway spells them its own way, and its pages disagree about which names
 * exist, so any name of its form is accepted; which one an endpoint path serves is decided there.
 */
import { nearest } from '../nearest.ts';

export const STANDARD_MODEL = 'kling-v1';
export const TURBO_MODEL = 'kling-3.0-turbo';

export const klingModels = [
  STANDARD_MODEL, 'kling-v1-5', 'kling-v1-6', 'kling-v2-master', 'kling-v2-1', 'kling-v2-1-master', 'kling-v2-5-turbo', 'kling-v2-6', 'kling-v3', TURBO_MODEL,
  'MaaS_KL_V1', 'MaaS_KL_V1.5', 'MaaS_KL_V1.6', 'MaaS_KL_V2.1_Master', 'MaaS_KeLing_V2.6', 'MaaS_KeLing_3.0_video',
] as const;

export interface Abilities {
  cfgScale: boolean;
  sound: boolean;
  /** The modes that the model takes, the default first. Absent: `mode` must not be sent. */
  modes: readonly ('std' | 'pro')[];
  seconds: { from: number; to: number; only?: readonly number[] };
  textToVideo: boolean;
}

export function abilitiesOf(model: string): Abilities {
  const { version, master } = versionOf(model);
  return {
    cfgScale: Math.floor(version) !== 2,
    sound: version >= 2.6,
    modes: master && version === 2.1 ? [] : version === 2.6 ? ['pro'] : ['std', 'pro'],
    seconds: version >= 3 ? { from: 3, to: 15 } : { from: 5, to: 10, only: [5, 10] },
    textToVideo: model !== 'kling-v1-5' && model !== 'kling-v2-1',
  };
}

/** Undefined when the name is known, or of Cloudsway's form; otherwise what to tell the person. */
export function unknownModel(model: string): string | undefined {
  if (klingModels.some((known) => known === model) || CLOUDSWAY_NAME.test(model)) return undefined;
  const near = nearest(model, klingModels);
  return `unknown model "${model}"${near ? `: did you mean "${near}"?` : `. Known: ${klingModels.join(', ')}`}`;
}

const CLOUDSWAY_NAME = /^MaaS_(KL|KeLing)_V\d[\w.]{0,40}$/;

function versionOf(model: string): { version: number; master: boolean } {
  const [, major = '1', minor = '0'] = /[v_](\d+)(?:[.-](\d+))?/i.exec(model) ?? [];
  return { version: Number(`${major}.${minor}`), master: /master/i.test(model) };
}
