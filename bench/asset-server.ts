/** The host of the download benchmark, a process of its own: every path serves one generated MP4 of `process.argv[2]` bytes. Prints its port. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { generatedMp4, serveGenerated } from '../apps/worker/src/download/testing/generated-mp4.ts';

const file = generatedMp4(Number(process.argv[2]));
const server = createServer((request, response) => void serveGenerated(request, response, file));
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
// The process that started it is gone.
process.stdin.resume().on('end', () => process.exit(0));
