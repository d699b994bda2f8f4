/** The same request as a curl command, to be pasted into a shell. Running it is new work, which is paid. */
import { linkWithoutQuery, type Generation } from '@dailies/queue';
import { hideSecretsIn } from '../html/redact.ts';

export function curlOf({ provider, ask, priority, metadata }: Generation): string {
  const { image, ...rest } = ask;
  const body = {
    provider,
    ...rest,
    ...(image === undefined ? {} : { image: linkWithoutQuery(image) }),
    ...(priority === 1 ? {} : { priority }),
    ...(metadata === null ? {} : { metadata }),
  };
  const text = JSON.stringify(hideSecretsIn(body), null, 2);
  return [
    'curl -X POST "${DAILIES_URL:-http://127.0.0.1:3000}/v1/generations" \\',
    '  -H "Authorization: Bearer $DAILIES_KEY" \\',
    "  -H 'Content-Type: application/json' \\",
    `  -d '${text.replaceAll("'", "'\\''")}'`,
  ].join('\n');
}
