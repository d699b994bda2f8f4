/** What a recorded request says of its model and its parameters, whichever provider it is for. Shown to people: no link keeps its query. */
import { linkWithoutQuery } from './link-without-query.ts';

export function recordedModel(request: unknown): string | null {
  const record = recordOf(request);
  const model = record['model'] ?? record['model_name'];
  return typeof model === 'string' ? model : null;
}

export function recordedParams(request: unknown): Record<string, unknown> {
  const { prompt: _prompt, model: _model, model_name: _modelName, image: _image, ...params } = recordOf(request);
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, withoutQueries(value)]));
}

/** Images are given as links in params, too, and their queries are as secret. */
function withoutQueries(value: unknown): unknown {
  if (typeof value === 'string') return /^(https?:\/\/|data:)/i.test(value) ? linkWithoutQuery(value) : value;
  if (Array.isArray(value)) return value.map(withoutQueries);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, withoutQueries(entry)]));
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
