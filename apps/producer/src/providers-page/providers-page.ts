/**
 * `dailies providers [NAME]`: what can be asked of whom. Everything comes from the providers' own schemas and figures; nothing is written twice.
 */
import { nearest, PROVIDERS, type Pace, type Provider } from '@dailies/providers';
import { isOfAceData, parametersOf, VARIABLES } from '@dailies/queue';
import { Complaint } from '../complaint.ts';
import { entry, wrap } from './wrap.ts';

/** `width`: of the terminal. */
export function providersOverview(width: number): string {
  const blocks = Object.values(PROVIDERS).map((provider) =>
    [
      `${provider.name}  ${provider.title}`,
      entry('  models', modelsText(provider), width, MARGIN),
      entry('  image', IMAGE_TEXT[provider.image], width, MARGIN),
      entry('  params', parametersOf(provider).map(({ name }) => name).join(', ') || 'none', width, MARGIN),
    ].join('\n'),
  );
  return [...blocks, 'dailies providers NAME says more.'].join('\n\n');
}

/** Complains of a name that is none. */
export function providerPage(name: string, width: number): string {
  const provider = findProvider(name);
  const parameters = parametersOf(provider).map(({ name: parameter, allowed, about }) =>
    [`  ${parameter}`, wrap(allowed, width, 6), ...(about === '' ? [] : [wrap(about, width, 6)])].join('\n'),
  );
  const facts = [
    entry('models', modelsText(provider), width, MARGIN),
    entry('image', IMAGE_TEXT[provider.image], width, MARGIN),
    entry('pace', paceText(provider.pace), width, MARGIN),
    entry('limits', limitsOf(provider).map(({ variable, about }) => `${variable}: ${about}.`).join(' '), width, MARGIN),
  ];
  return [
    `${provider.name}  ${provider.title}`,
    facts.join('\n'),
    wrap('Parameters: in "params" of a JSONL line, as a CSV column, or with --param NAME=VALUE', width, 0),
    parameters.join('\n') || '  none',
    `For example:\n  dailies run prompts.txt --provider ${provider.name}`,
  ].join('\n\n');
}

/** The same for machines: `params` is a JSON Schema. Complains of a name that is none. */
export function providerData(name: string) {
  const provider = findProvider(name);
  const { title, models, image, imageParams = [], pace } = provider;
  const properties = Object.fromEntries(parametersOf(provider).map((parameter) => [parameter.name, parameter.schema]));
  const limits = limitsOf(provider);
  return { name: provider.name, title, models, image, imageParams, pace, limits, params: { type: 'object', properties, additionalProperties: false } };
}

export function providersData() {
  return Object.keys(PROVIDERS).map(providerData);
}

const MARGIN = 10;

const IMAGE_TEXT: Record<Provider['image'], string> = {
  none: 'takes none',
  url: 'by http(s) URL only',
  'url-or-bytes': 'an http(s) URL, a local file (JPEG or PNG, at most 10 MB) or a data: URI',
};

function findProvider(name: string): Provider {
  const found = Object.values(PROVIDERS).find((provider) => provider.name === name);
  if (found) return found;
  const known = Object.keys(PROVIDERS);
  const near = nearest(name, known);
  throw new Complaint(`There is no provider "${name}". ${near ? `Did you mean "${near}"? ` : ''}Known: ${known.join(', ')}.`);
}

function modelsText({ models }: Provider): string {
  return models.length === 0 ? 'one, without a name: leave "model" out' : models.join(', ');
}

/** How much may be in flight, by the variables that say it. Of the AceData three that of their account, too. */
function limitsOf({ name }: Provider): { variable: string; about: string }[] {
  const own = `${name.toUpperCase()}_MAX_IN_FLIGHT`;
  const variables = isOfAceData(name) ? [own, 'ACEDATA_MAX_IN_FLIGHT'] : [own];
  return variables.map((variable) => ({ variable, about: aboutOf(variable) }));
}

function aboutOf(variable: string): string {
  const { about = '', fallback = '' } = VARIABLES[variable] ?? {};
  return fallback === '' ? about : `${about}; default: ${fallback}`;
}

function paceText({ firstPollMs, minMs, maxMs, deadlineMs }: Pace): string {
  return (
    `first poll ${duration(firstPollMs)} after the submit, or later where its kind is known to take longer, ` +
    `then every ${duration(minMs)} to ${duration(maxMs)}; overdue after ${duration(deadlineMs)}`
  );
}

function duration(ms: number): string {
  return ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1000} s`;
}
