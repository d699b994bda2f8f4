/**
 * The upstream of the whole-path benchmarks, a process of its own: Kling's wire, as cheap as node:http allows. Every task is pending at its
 * first poll and done at its second; then a small valid MP4 is served. It counts what was paid for, by prompt, so a prompt that is sent twice is
 * paid twice. A prompt is `<group>/<number>`, and counts are kept by group. Sends its port to the process that started it, and ends with it.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tinyMp4 } from '../../apps/worker/src/download/testing/tiny-mp4.ts';
import type { GroupCounts } from './upstream.ts';

interface Task {
  id: string;
  group: string;
  prompt: string;
  clientId: string | undefined;
  createdAt: number;
  polls: number;
  fetched: boolean;
}

/** Links name several hosts, as those of a real upstream do. */
const ASSET_HOSTS = 4;
const VIDEOS = '/v1/ai/bench/kling/videos/text2video';
const NEWEST = 500;
const hasLists = process.argv[2] === 'lists';
const file = tinyMp4({ mediaBytes: 16 * 1024 });

const groups = new Map<string, GroupCounts & { prompts: Set<string> }>();
const tasks = new Map<string, Task>();
const byClientId = new Map<string, Task>();
const newest: Task[] = [];
const assetPorts: number[] = [];
let execution: { group: string; posts: number; pid: number } | null = null;

function groupOf(name: string): GroupCounts & { prompts: Set<string> } {
  const found = groups.get(name);
  if (found !== undefined) return found;
  const created = { posts: 0, repeated: 0, accepted: 0, polls: 0, lists: 0, assets: 0, firstPostAt: 0, lastAssetAt: 0, prompts: new Set<string>() };
  groups.set(name, created);
  return created;
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://upstream');
  if (pathname.startsWith('/asset/')) return serve(pathname.slice(7, -4), response);
  if (pathname === '/kill') {
    execution = { group: searchParams.get('group') ?? '', posts: Number(searchParams.get('posts')), pid: Number(searchParams.get('pid')) };
    return json(response, {});
  }
  if (pathname === '/counts') return json(response, countsOf(searchParams.get('group') ?? ''));
  if (request.method === 'POST') return create(await bodyOf(request), response);
  const id = pathname.slice(VIDEOS.length + 1);
  if (id !== '') return look(id, response);
  const clientId = searchParams.get('external_task_id');
  if (clientId !== null) {
    const task = byClientId.get(clientId);
    return json(response, { code: 0, message: 'SUCCEED', data: task === undefined ? [] : [shown(task)] });
  }
  return list(Number(searchParams.get('pageNum') ?? 1), Number(searchParams.get('pageSize') ?? 30), response);
}

function create(body: string, response: ServerResponse): void {
  const { prompt, external_task_id: clientId } = JSON.parse(body) as { prompt: string; external_task_id?: string };
  const group = prompt.split('/', 1)[0] ?? '';
  const counts = groupOf(group);
  counts.posts += 1;
  if (counts.prompts.has(prompt)) counts.repeated += 1;
  counts.prompts.add(prompt);
  if (execution?.group === group && counts.posts >= execution.posts) {
    process.kill(execution.pid, 'SIGKILL');
    execution = null;
  }
  if (counts.firstPostAt === 0) counts.firstPostAt = Date.now();
  const task: Task = { id: String(8_600_000_000 + tasks.size), group, prompt, clientId, createdAt: Date.now(), polls: 0, fetched: false };
  tasks.set(task.id, task);
  if (clientId !== undefined) byClientId.set(clientId, task);
  newest.unshift(task);
  if (newest.length > NEWEST) newest.pop();
  const { id, createdAt } = task;
  const data = { task_id: id, task_status: 'submitted', task_info: { external_task_id: clientId }, created_at: createdAt, updated_at: createdAt };
  json(response, { code: 0, message: 'SUCCEED', request_id: id, data });
}

function look(id: string, response: ServerResponse): void {
  const task = tasks.get(id) ?? byClientId.get(id);
  if (task === undefined) return json(response, { code: 1203, message: 'no such task' }, 404);
  if (tasks.has(id)) poll(task);
  json(response, { code: 0, message: 'SUCCEED', data: shown(task) });
}

function list(page: number, size: number, response: ServerResponse): void {
  if (!hasLists) return json(response, { error: { message: 'no such route' } }, 404);
  const found = newest.slice((page - 1) * size, page * size);
  for (const task of found) poll(task);
  for (const group of new Set(found.map((task) => task.group))) groupOf(group).lists += 1;
  json(response, { code: 0, message: 'SUCCEED', data: found.map(shown) });
}

function poll(task: Task): void {
  task.polls += 1;
  groupOf(task.group).polls += 1;
}

function shown(task: Task): object {
  const { id, clientId, createdAt, polls } = task;
  const status = polls < 2 ? { task_status: 'processing' } : { task_status: 'succeed', task_result: { videos: [{ id, url: linkOf(id), duration: '5.0' }] } };
  return { task_id: id, task_info: { external_task_id: clientId }, created_at: createdAt, updated_at: createdAt, ...status };
}

function linkOf(id: string): string {
  return `http://127.0.0.1:${assetPorts[Number(id) % ASSET_HOSTS]}/asset/${id}.mp4`;
}

function serve(id: string, response: ServerResponse): void {
  const task = tasks.get(id);
  if (task === undefined) return json(response, {}, 404);
  response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': file.length });
  response.end(file);
  if (task.fetched) return;
  task.fetched = true;
  const counts = groupOf(task.group);
  counts.assets += 1;
  counts.lastAssetAt = Date.now();
}

function countsOf(group: string): GroupCounts {
  const { prompts, ...counts } = groupOf(group);
  return { ...counts, accepted: prompts.size };
}

function json(response: ServerResponse, body: object, status = 200): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  return text;
}

async function listen(): Promise<number> {
  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  // Longer than any run, so that no kept-alive connection is closed while it is used.
  server.keepAliveTimeout = 600_000;
  server.listen(0, '127.0.0.1', 2_048);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

for (let host = 0; host < ASSET_HOSTS; host += 1) assetPorts.push(await listen());
process.send?.(await listen());
process.once('disconnect', () => process.exit(0));
