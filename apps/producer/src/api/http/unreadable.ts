/**
 * What is no request that can be answered: no HTTP, too slow, with headers too large, with an expectation that is not met. Node would answer
 * it by itself, with a bare status. Here it goes the way of every request, and has its id, headers and body, and is counted and logged. It must
 * never write into a connection that owes somebody an answer, nor throw: that would end the process, whoever sent the garbage.
 */
import { IncomingMessage, type RequestListener, type Server, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { RequestHandler, Response } from 'express';
import { Problem, sendProblem } from './problem.ts';

/** After the answer: who still sends is listened to for so long, since a connection that is closed upon unread bytes takes the answer with it. */
const LINGER_MS = 2_000;
const LAST = { Connection: 'close' };

const refusals = new WeakMap<IncomingMessage, Problem>();
/** The newest of each connection. */
const answers = new WeakMap<Socket, Response>();

/** To be mounted behind what gives an answer its id and headers. */
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
    // Every further byte of it is an error again.
    if (socket instanceof Socket && ended.has(socket)) return;
    if (!(socket instanceof Socket) || !socket.writable || !isAnswered(error, socket, application)) return void socket.destroy();
    ended.add(socket);
    const linger = setTimeout(() => socket.destroy(), LINGER_MS).unref();
    socket.once('close', () => clearTimeout(linger));
  });
}

/** Whatever goes wrong with it: thrown out of here it would end the process, for anybody who sends garbage. */
function isAnswered(error: NodeJS.ErrnoException, socket: Socket, application: RequestListener): boolean {
  try {
    return answer(error, socket, application);
  } catch {
    return false;
  }
}

/**
 * False: the connection owes the answer to a request that came whole, or is in the middle of one. Whatever came now would pass for that. And
 * so it owes one to a request whose body nobody reads: it is being answered, and what answers would find that somebody else has.
 */
function answer(error: NodeJS.ErrnoException, socket: Socket, application: RequestListener): boolean {
  const problem = problemOf(error);
  const open = answers.get(socket);
  // What is sent whole keeps its socket for a moment: another answer could not be given to that.
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
      return new Problem(431, 'headers-too-large', 'The headers of the request are too large: 16 kB are read. Send fewer, or a shorter address.', { headers: LAST });
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new Problem(413, 'too-large', 'The extensions of the chunks of the body are too large. Send it without them.', { headers: LAST });
    default:
      return malformed('This is no HTTP request that can be read.');
  }
}

function malformed(detail: string): Problem {
  return new Problem(400, 'malformed', detail, { headers: LAST });
}
