/**
 * Answers what is no readable request: no HTTP, too slow, headers too large, an expectation that cannot be met. Node would answer with a bare status.
 * Here it gets an id, headers and a body like every request, and is counted and logged. It must never write into a connection that still owes another
 * request its answer, and it must never throw: that would end the process, and anybody can send garbage.
 */
import { IncomingMessage, type RequestListener, type Server, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { RequestHandler, Response } from 'express';
import { Problem, sendProblem } from './problem.ts';

/** Milliseconds for which a client may go on sending after the answer. Closing a connection with unread bytes would destroy the answer. */
const LINGER_MS = 2_000;
const LAST = { Connection: 'close' };

const refusals = new WeakMap<IncomingMessage, Problem>();
/** The newest response of each connection. */
const answers = new WeakMap<Socket, Response>();

/** Mount it after the middleware that gives an answer its id and headers. */
export function refuseUnreadable(): RequestHandler {
  return (request, response, next) => {
    answers.set(request.socket, response);
    const refusal = refusals.get(request);
    if (refusal !== undefined) throw refusal;
    if (request.httpVersion === '1.1' && request.headers.host === undefined) throw malformed('The header Host is missing.');
    next();
  };
}

export function answerUnreadable(server: Server, application: RequestListener): void {
  const ended = new WeakSet<Socket>();
  server.on('checkExpectation', (request, response) => {
    refusals.set(request, new Problem(417, 'expectation', 'The only expectation that is met is Expect: 100-continue.', { headers: LAST }));
    application(request, response);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // Every further byte on this connection is an error again.
    if (socket instanceof Socket && ended.has(socket)) return;
    if (!(socket instanceof Socket) || !socket.writable || !isAnswered(error, socket, application)) return void socket.destroy();
    ended.add(socket);
    const linger = setTimeout(() => socket.destroy(), LINGER_MS).unref();
    socket.once('close', () => clearTimeout(linger));
  });
}

/** Catches everything: an error thrown from here would end the process, and anybody can send garbage. */
function isAnswered(error: NodeJS.ErrnoException, socket: Socket, application: RequestListener): boolean {
  try {
    return answer(error, socket, application);
  } catch {
    return false;
  }
}

/**
 * Writes the answer. Answers false, and writes nothing, while the connection owes the answer to a complete request or is in the middle of one: ours
 * would be taken for that one. The same goes for a request whose body nobody reads: other code is answering it.
 */
function answer(error: NodeJS.ErrnoException, socket: Socket, application: RequestListener): boolean {
  const problem = problemOf(error);
  const open = answers.get(socket);
  // A response that was sent whole keeps its socket for a moment, in which no other response can use it.
  if (open !== undefined && (open.socket !== null || !open.writableFinished)) {
    const isRead = open.req.readableFlowing !== null;
    if (!isRead || open.headersSent || open.req.complete || open.socket !== socket) return false;
    void refuse(open, problem, socket);
    socket.end();
    return true;
  }
  const request = new IncomingMessage(socket);
  Object.assign(request, { method: '', url: '/', complete: true });
  refusals.set(request, problem);
  const response = new ServerResponse(request);
  response.assignSocket(socket);
  response.once('finish', () => socket.end());
  application(request, response);
  return true;
}

async function refuse(response: Response, problem: Problem, socket: Socket): Promise<void> {
  try {
    await sendProblem(response, problem);
  } catch {
    socket.destroy();
  }
}

function problemOf({ code }: NodeJS.ErrnoException): Problem {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem(408, 'too-slow', 'The request did not come in time. Send it anew, with the same Idempotency-Key or id.', { headers: LAST });
    case 'HPE_HEADER_OVERFLOW':
      return new Problem(431, 'headers-too-large', 'The headers of the request are too large: 16 kB are read. Send fewer, or a shorter address.', {
        headers: LAST,
      });
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new Problem(413, 'too-large', 'The extensions of the chunks of the body are too large. Send it without them.', { headers: LAST });
    default:
      return malformed('This is no HTTP request that can be read.');
  }
}

function malformed(detail: string): Problem {
  return new Problem(400, 'malformed', detail, { headers: LAST });
}
