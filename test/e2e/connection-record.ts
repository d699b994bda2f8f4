/**
 * Loaded before a program: writes down every name it looks up and every address it connects to, whatever library does it, into the file
 * that CONNECTION_RECORD names. It changes nothing of what the program does.
 */
import { appendFileSync } from 'node:fs';
import { Socket } from 'node:net';

const file = process.env['CONNECTION_RECORD'] ?? '';
const connect = Reflect.get(Socket.prototype, 'connect') as (...words: unknown[]) => Socket;

Socket.prototype.connect = function recorded(this: Socket, ...words: unknown[]): Socket {
  this.on('lookup', (_error: Error | null, _address: string, _family: number, host: string) => appendFileSync(file, `name ${host}\n`));
  this.on('connect', () => appendFileSync(file, `${this.remoteAddress}:${this.remotePort}\n`));
  return connect.apply(this, words);
};
