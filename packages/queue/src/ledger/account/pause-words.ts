/** What people are told of a pause, by its kind: whose matter it is, and what to do before it is resumed. The upstream's own words are its reason. */
import { accountIn } from './pause-scopes.ts';
import { commandAfter, type Pause } from './pauses.ts';

interface Words {
  cause: string;
  step: string;
}

const WORDS: Record<string, Words> = {
  operator: { cause: 'a person paused it', step: '' },
  'rolled-back': { cause: 'us: this Redis was rolled back', step: '' },
  quota: { cause: 'the money: balance or quota is used up', step: 'Fill it: one submit tests it every ten minutes, and a resume at once.' },
  auth: { cause: 'us: the key is not accepted', step: 'Put a key of the same account into KEY, stop what has the old one, resume, and start it again.' },
  ip: { cause: 'us: the upstream does not let the address of a worker in', step: "Add it to the list in the upstream's console, and resume." },
  configuration: {
    cause: 'us, or the upstream: it does not answer at this address as its documents say',
    step: 'Correct the base URL or the endpoint path and start the workers again, or wait if they are right; then resume.',
  },
  delisted: { cause: 'the upstream does not offer it to this key', step: "Enable it in the upstream's console, and resume." },
};

export function pauseCause(kind: Pause['kind']): string {
  return WORDS[kind]?.cause ?? kind;
}

/** Empty: there is nothing to do first. */
export function pauseStep({ kind, scope }: Pick<Pause, 'kind' | 'scope'>): string {
  // The account of a key that only one provider has is named after that provider, that of a shared one after AceData.
  const name = accountIn(scope)?.split('@', 1)[0];
  return (WORDS[kind]?.step ?? '').replace('KEY', name === undefined ? 'the environment' : `${name.toUpperCase()}_API_KEY`);
}

/** What is to be done first, and the command that ends it. `suffix`: what the commands end with. */
export function pauseRemedy(pause: Pick<Pause, 'kind' | 'scope'>, provider: string, suffix: string): string {
  return [pauseStep(pause), `It goes on with: ${commandAfter(pause, provider)}${suffix}`].filter(Boolean).join(' ');
}
