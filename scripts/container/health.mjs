// A container's health check without curl: exit code 0 when the address given answers 2xx within four seconds.
const [address = 'http://127.0.0.1:3002/healthz'] = process.argv.slice(2);

try {
  const response = await fetch(address, { signal: AbortSignal.timeout(4_000) });
  if (!response.ok) fail(`${response.status} ${(await response.text()).slice(0, 500)}`);
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}

function fail(why) {
  process.stderr.write(`${address}: ${why}\n`);
  process.exitCode = 1;
}
