import { help, readArguments } from './main-arguments.ts';
import { startSimulator } from './simulator.ts';

/** The simulator as a process of its own. One JSON line on stdout when it listens, nothing else; exit code 2 for wrong arguments. */
async function main(words: readonly string[]): Promise<void> {
  const options = read(words);
  if (options === 'help') {
    process.stdout.write(help());
    return;
  }
  const simulator = await startSimulator(options);
  process.stdout.write(`${JSON.stringify({ url: simulator.url, assets: simulator.assetsUrl })}\n`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void simulator.close());
}

function read(words: readonly string[]): ReturnType<typeof readArguments> {
  try {
    return readArguments(words);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\nAll options: --help\n`);
    process.exit(2);
  }
}

await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
