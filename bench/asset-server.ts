/** The host of the download benchmark, as a process of its own: every path is one generated MP4 of `process.argv[2]` bytes. Says its port on stdout. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { generatedMp4, serveGenerated } from '../apps/worker/src/download/testing/generated-mp4.ts';

const file = generatedMp4(Number(process.argv[2]));
const server = createServer((request, response) => void serveGenerated(request, response, file));
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
// Whoever started it is gone.
process.stdin.resume().on('end', () => process.exit(0));
