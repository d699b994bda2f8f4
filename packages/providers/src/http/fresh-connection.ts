/**
 * A connection for one paid request, which we can end so that the peer is sure to learn of it.
 *
 * A closed socket's unsent bytes are still delivered by the kernel (measured: 8 s later); a reset one's are not.
 * A TLS socket cannot be reset, so the raw one is opened here and TLS is laid over it.
 */
import { connect as openSocket, type Socket } from 'node:net';
import { buildConnector } from 'undici';

export interface FreshConnection {
  /** undici's connector. Connects once; a second call is refused. */
  connect: buildConnector.connector;
  /** Ends the connection by RST. False when there was nothing to reset. */
  reset(): boolean;
}

export function freshConnection(tls: buildConnector.BuildOptions): FreshConnection {
  const overTls = buildConnector({ ...tls, allowH2: false, timeout: 0 });
  let socket: Socket | undefined;

  return {
    connect(options, callback) {
      if (socket) return callback(new Error('a paid request connects once'), null);
      const secure = options.protocol === 'https:';
      const raw = openSocket({ host: options.hostname, port: Number(options.port || (secure ? 443 : 80)), noDelay: true });
      socket = raw;
      // Somebody must listen for the socket's 'error' however it ends, or an error would end the process.
      raw.on('error', () => undefined);
      const refuse = (error: Error): void => callback(error, null);
      raw.once('error', refuse);
      raw.once('connect', () => {
        raw.off('error', refuse);
        if (secure) overTls({ ...options, httpSocket: raw }, callback);
        else callback(null, raw);
      });
    },
    reset() {
      if (!socket || socket.destroyed) return false;
      if (socket.connecting) socket.destroy();
      else socket.resetAndDestroy();
      return true;
    },
  };
}
