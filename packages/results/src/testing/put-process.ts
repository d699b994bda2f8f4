/**
 * A process that puts one file into a bucket and says what memory it took: to be killed in the middle, or measured.
 * Arguments: the settings as JSON, the place, the name, the part's path, its SHA-256 and length.
 */
import { openResults, type ResultsOptions } from '../results.ts';

const [options = '', place = '', name = '', path = '', sha256 = '', bytes = ''] = process.argv.slice(2);
const { id, secret, s3, outFolder } = JSON.parse(options) as {
  id: string;
  secret: string;
  outFolder: string;
  s3: Omit<NonNullable<ResultsOptions['s3']>, 'keys'>;
};
const results = openResults({ outFolder, s3: { ...s3, keys: { accessKeyId: { reveal: () => id }, secretAccessKey: { reveal: () => secret } } } });
const store = results.at(place);
await store.prepare(place);
// Everything is loaded then: what comes on top is the upload's.
await store.stat(place, name);
const before = process.memoryUsage.rss();
let peak = before;
const watch = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, 20);
process.stdout.write(`begins ${before}\n`);
const started = Date.now();
await store.put(place, name, { path, sha256, bytes: Number(bytes), contentType: 'video/mp4' });
clearInterval(watch);
results.close();
process.stdout.write(`${JSON.stringify({ beforeBytes: before, peakBytes: peak, ms: Date.now() - started })}\n`);
