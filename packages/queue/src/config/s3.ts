/** The bucket of the results; null: none is configured. One that is half configured is a fault: results must not go to a folder by a slip. */
import type { S3Config } from './config.ts';
import type { Reader } from './reader.ts';

export function readS3({ word, secretOf, yes, isSet, fault }: Reader): S3Config | null {
  const bucket = word('S3_BUCKET');
  const endpoint = word('S3_ENDPOINT');
  const region = word('S3_REGION') ?? '';
  const prefix = (word('S3_PREFIX') ?? '').replace(/\/+$/, '');
  const pathStyle = yes('S3_PATH_STYLE') ?? endpoint !== undefined;
  const [accessKeyId, secretAccessKey] = [secretOf('S3_ACCESS_KEY_ID'), secretOf('S3_SECRET_ACCESS_KEY')];
  if (!isSet('S3_BUCKET')) {
    const given = ['S3_ENDPOINT', 'S3_PREFIX', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'].find(isSet);
    if (given !== undefined) fault(`S3_BUCKET: is missing, but ${given} is set. Name the bucket, or unset the other S3_ variables to keep results in OUT_DIR.`);
    return null;
  }
  if (isSet('S3_ACCESS_KEY_ID') !== isSet('S3_SECRET_ACCESS_KEY')) {
    const missing = accessKeyId === null ? 'S3_ACCESS_KEY_ID' : 'S3_SECRET_ACCESS_KEY';
    fault(`${missing}: is missing, but its other half is set. Set both, or neither to use the AWS client's own chain.`);
  }
  if (prefix !== '' && prefix.split('/').some((part) => ['', '.', '..'].includes(part))) fault('S3_PREFIX: has an empty part, or one that is only dots.');
  if (bucket === undefined) return null;
  const keys = accessKeyId === null || secretAccessKey === null ? null : { accessKeyId, secretAccessKey };
  return { ...(endpoint === undefined ? {} : { endpoint }), bucket, region, prefix, pathStyle, keys };
}
