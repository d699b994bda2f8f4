/** Restate's SDK uses `Promise.withResolvers`, which Node has from 22 on. */
if (!('withResolvers' in Promise)) Object.assign(Promise, { withResolvers });

function withResolvers<Value>(): PromiseWithResolvers<Value> {
  let resolve: (value: Value | PromiseLike<Value>) => void = () => undefined;
  let reject: (reason?: unknown) => void = () => undefined;
  const promise = new Promise<Value>((accept, refuse) => {
    resolve = accept;
    reject = refuse;
  });
  return { promise, resolve, reject };
}
