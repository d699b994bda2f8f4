/**
 * The command `dailies` as commander knows it: names, options, and a help that teaches. What a command does is in `commands/`, loaded when
 * it is called, so that `--help` is quick.
 */
import { Command, Option } from 'commander';
import type { Role, Scope } from '@dailies/queue';
import type { Context } from './context.ts';
import { COMMAND_HELP, PROGRAM_HELP } from './help-texts.ts';
import { address, folderName, once, oneOf, wholeNumber } from './option-values.ts';

const FORMATS = ['jsonl', 'csv', 'table'];
// Written out here, because loading @dailies/queue takes most of a second. The compiler compares them with its types.
const ROLES = Object.keys({ viewer: true, operator: true, admin: true } satisfies Record<Role, true>);
const SCOPES = Object.keys({ read: true, write: true, admin: true } satisfies Record<Scope, true>);

const collect = (value: string, before: string[] = []): string[] => [...before, value];

/** `finish` gets the exit code of the command that ran. */
export function createProgram(context: Context, finish: (code: number) => void): Command {
  const act = <Rest extends unknown[]>(command: (...rest: Rest) => Promise<number>) => async (...rest: Rest): Promise<void> => finish(await command(...rest));
  const program = new Command('dailies')
    .description('Prompts in, videos out: a durable queue for AI video generation that never pays twice for one prompt.')
    .version(context.version)
    .helpCommand(false)
    .addHelpText('after', PROGRAM_HELP)
    .exitOverride()
    .showHelpAfterError('What it takes: `dailies COMMAND --help`.')
    .configureOutput({ writeOut: (text) => context.terminal.data(text), writeErr: (text) => context.terminal.say(text.replace(/\n$/, '')) });
  const command = (usage: string, about: string): Command => program.command(usage).description(about);

  withPromptOptions(command('run <file>', 'turn a prompt file into videos: enqueue, submit, wait and download, in one process'))
    .option('--wait', 'do not end while something still waits for a person')
    .action(act(async (file: string, options) => (await import('./commands/run.ts')).run(context, file, options)));
  withPromptOptions(command('enqueue <file>', 'only enqueue the prompts; a worker (npm start) does the rest'))
    .option('--watch', 'follow the batch until nothing moves any more')
    .option('--wait', 'with --watch: do not end while something still waits for a person')
    .action(act(async (file: string, options) => (await import('./commands/enqueue.ts')).enqueue(context, file, options)));
  withCommonOptions(command('watch <batch>', 'follow a batch, with the exit code of run'))
    .option('--wait', 'do not end while something still waits for a person')
    .action(act(async (name: string, options) => (await import('./commands/watch.ts')).watch(context, name, options)));
  withCommonOptions(command('status [name]', 'show all providers and batches, or one batch, or one generation with its history'))
    .action(act(async (name: string | undefined, options) => (await import('./commands/status.ts')).status(context, name, options)));
  withCommonOptions(command('results <batch>', 'list the outcome of each prompt of a batch, or download its videos'))
    .addOption(new Option('--format <format>', 'default: table on a terminal, otherwise jsonl').choices(FORMATS).argParser(oneOf(FORMATS)))
    .option('--download [folder]', 'copy the files to this folder, each verified, from the bucket, another folder or --from (default: OUT_DIR/NAME)', folderName)
    .option('--from <url>', 'with --download: the HTTP API of the machine that has the files; its key is read from DAILIES_KEY (default: DAILIES_URL)', address)
    .action(
      act(async (name: string, options) =>
        options.download === undefined
          ? (await import('./commands/results.ts')).results(context, name, options)
          : (await import('./commands/results-download.ts')).downloadResults(context, name, options),
      ),
    );
  withCommonOptions(command('cancel <name>', 'cancel a batch or a generation, and say what will be billed all the same'))
    .option('--collect', 'do not cancel what is rendering already, or being submitted and then accepted: collect its video, marked as unwanted')
    .action(act(async (name: string, options) => (await import('./commands/cancel.ts')).cancel(context, name, options)));
  withCommonOptions(command('retry <name>', 'retry a batch or a generation that failed or was canceled; first says what may be paid again'))
    .option('--yes', 'agree to pay again, without being asked')
    .action(act(async (name: string, options) => (await import('./commands/retry.ts')).retry(context, name, options)));
  withCommonOptions(command('resolve <id>', 'decide about an unresolved generation: nobody knows whether its submit was accepted'))
    .option('--task <task>', 'the upstream has accepted it, and this is its task (also to correct a task that you mistyped, until that has ended)', once)
    .option('--resubmit', 'the upstream has not accepted it: send it again (pays twice if you are wrong)')
    .option('--abandon', 'give it up')
    .action(act(async (id: string, options) => (await import('./commands/resolve.ts')).resolve(context, id, options)));
  withCommonOptions(command('pause <provider>', 'stop submitting to a provider for now'))
    .option('--reason <text>', 'the reason, shown wherever the pause is shown', once)
    .option('--polls', 'stop polling too; deadlines are extended by the pause')
    .action(act(async (name: string, options) => (await import('./commands/pause.ts')).pause(context, name, options)));
  withCommonOptions(command('resume <provider>', 'end every pause of a provider, whether a person or a worker made it'))
    .action(act(async (name: string, options) => (await import('./commands/pause.ts')).resume(context, name, options)));
  withCommonOptions(command('webhooks', 'list webhook endpoints that fail or are disabled, and what they have missed'))
    .option('--enable <endpoint>', 'enable the endpoint with this id or address, and send what it has missed', once)
    .option('--forget <endpoint>', 'forget the disabled endpoint with this id or address, which is gone for good, and what it has missed', once)
    .action(act(async (options) => (await import('./commands/webhooks.ts')).webhooks(context, options)));
  command('providers [name]', 'show what each provider accepts: models, parameters, bounds, limits')
    .option('--json', 'for machines; parameters as JSON Schema')
    .action(act(async (name: string | undefined, options) => (await import('./commands/providers.ts')).providers(context, name, options)));
  withCommonOptions(command('doctor', 'check Redis, keys, upstreams, clock, disk and bucket, and say what to fix'))
    .option('--after-restore', 'after an older copy of Redis was restored: look up what may have been paid since, then let submits go on')
    .option('--shards', 'make SHARDS the number of shards of this ledger; only while nothing is in flight')
    .option('--yes', 'with --after-restore: do it even if no worker has noticed a restore')
    .action(act(async (options) => (await import('./commands/doctor.ts')).doctor(context, options)));
  command('users', 'create users of the dashboard')
    .command('create <name>')
    .description('make a user of the dashboard: print the password once, and the line for DASHBOARD_USERS')
    .addOption(
      new Option('--role <role>', 'viewer looks, operator acts, admin may also act on whole queues')
        .choices(ROLES)
        .argParser(oneOf(ROLES))
        .makeOptionMandatory(),
    )
    .option('--stdin', 'take the password from stdin instead of making one')
    .option('--json', 'for machines: one JSON object on stdout')
    .action(act(async (name: string, options) => (await import('./commands/users.ts')).createUser(context, name, options)));
  withCommonOptions(command('audit', 'list what people did in the dashboard, newest first'))
    .option('--limit <n>', 'at most this many (default: 50)', wholeNumber)
    .action(act(async (options) => (await import('./commands/audit.ts')).audit(context, options)));
  command('start', 'run the whole system on this machine until stopped: Redis, worker, dashboard, HTTP API')
    .option('--simulate', 'use simulated upstreams: nothing is paid')
    .action(act(async (options) => (await import('./commands/start.ts')).start(context, options)));
  const keys = command('keys', 'create keys for the HTTP API');
  keys
    .command('create <name>')
    .description('make a key: print it once, and the line for API_KEYS')
    .addOption(new Option('--scope <scope>', 'read, write or admin; may be given several times').choices(SCOPES).argParser(collect).makeOptionMandatory())
    .option('--json', 'for machines: one JSON object on stdout')
    .action(act(async (name: string, options) => (await import('./commands/keys.ts')).createKey(context, name, options)));
  command('demo', 'show everything in a minute, on simulated upstreams: videos in out/demo-<n>/')
    .action(act(async () => (await import('./commands/demo.ts')).demo(context)));
  // In place of commander's own, which answers a mistyped name with the help of the whole program, and no reason.
  command('help [command...]', 'display help for command').action(async ([name, inner]: string[]) => {
    const found = name === undefined ? program : program.commands.find((one) => one.name() === name);
    const innermost = found?.commands.find((one) => one.name() === inner) ?? found;
    const isMistyped = innermost === undefined || (innermost === found && found.commands.length > 0 && inner !== undefined);
    if (isMistyped) await program.parseAsync([name ?? '', inner ?? ''], { from: 'user' });
    else innermost.help();
  });
  addHelp(program.commands);
  return program;
}

function addHelp(commands: readonly Command[], of = ''): void {
  for (const command of commands) {
    const text = COMMAND_HELP[`${of}${command.name()}`];
    if (text !== undefined) command.addHelpText('after', text);
    addHelp(command.commands, `${command.name()} `);
  }
}

function withPromptOptions(command: Command): Command {
  return withCommonOptions(command)
    .option('--provider <name>', 'the provider of lines that name none: allegro, kling, hailuo, pika, luma', once)
    .option('--model <name>', 'the model of lines that name none', once)
    .option('--param <name=value>', 'a parameter for all lines; may be given several times', collect)
    .option('--webhook <url>', 'notify this address of each prompt and of the end of the batch; signed with WEBHOOK_SECRET', once)
    .option('--batch <name>', 'the name of the batch (default: made from the file name; required for stdin)', once)
    .option('--out <folder>', 'the folder for the videos (default: OUT_DIR/<batch>, or the bucket)', folderName)
    .option('--dry-run', 'check the file and say what would be submitted; enqueue nothing')
    .option('--skip-invalid', 'enqueue the valid lines of a file that has invalid ones')
    .option('--prune', 'cancel queued prompts of this batch that are no longer in the file');
}

function withCommonOptions(command: Command): Command {
  return command
    .option('--simulate', 'use simulated upstreams, with a ledger of their own: nothing is paid')
    .option('--json', 'for machines: one JSON object per line on stdout');
}
