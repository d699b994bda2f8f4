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
    .helpCommand(true)
    .addHelpText('after', PROGRAM_HELP)
    .exitOverride()
    .showHelpAfterError('What it takes: `dailies COMMAND --help`.')
    .configureOutput({ writeOut: (text) => context.terminal.data(text), writeErr: (text) => context.terminal.say(text.replace(/\n$/, '')) });
  const command = (usage: string, about: string): Command => program.command(usage).description(about);

  withPromptOptions(command('run <file>', 'make videos of a prompt file: enqueue, work, wait, download, in one process'))
    .option('--wait', 'stay when all that is left waits for a person')
    .action(act(async (file: string, options) => (await import('./commands/run.ts')).run(context, file, options)));
  withPromptOptions(command('enqueue <file>', 'only put the prompts in; a worker (npm start) does the rest'))
    .option('--watch', 'follow until nothing moves any more')
    .option('--wait', 'with --watch: stay when all that is left waits for a person')
    .action(act(async (file: string, options) => (await import('./commands/enqueue.ts')).enqueue(context, file, options)));
  withCommonOptions(command('watch <batch>', 'follow a batch; ends like run'))
    .option('--wait', 'stay when all that is left waits for a person')
    .action(act(async (name: string, options) => (await import('./commands/watch.ts')).watch(context, name, options)));
  withCommonOptions(command('status [name]', 'providers and batches; or one batch, or one generation with its history'))
    .action(act(async (name: string | undefined, options) => (await import('./commands/status.ts')).status(context, name, options)));
  withCommonOptions(command('results <batch>', 'what became of each prompt of a batch'))
    .addOption(new Option('--format <format>', 'jsonl (where no terminal is), csv, table').choices(FORMATS).argParser(oneOf(FORMATS)))
    .option('--download [folder]', 'bring the files here, whole and verified, from the bucket, another folder or --from; default: OUT_DIR/NAME', folderName)
    .option('--from <url>', 'with --download: the HTTP API of the machine that has them (key: DAILIES_KEY); default: DAILIES_URL', address)
    .action(
      act(async (name: string, options) =>
        options.download === undefined
          ? (await import('./commands/results.ts')).results(context, name, options)
          : (await import('./commands/results-download.ts')).downloadResults(context, name, options),
      ),
    );
  withCommonOptions(command('cancel <name>', 'cancel a batch or a generation; says what will be billed all the same'))
    .option('--collect', 'what renders already is not canceled but collected, flagged unwanted')
    .action(act(async (name: string, options) => (await import('./commands/cancel.ts')).cancel(context, name, options)));
  withCommonOptions(command('retry <name>', 'try again what failed or was canceled, of a batch or one generation; says first what may be paid again'))
    .option('--yes', 'agree to pay again without being asked')
    .action(act(async (name: string, options) => (await import('./commands/retry.ts')).retry(context, name, options)));
  withCommonOptions(command('resolve <id>', 'your word on an unresolved generation, of which nobody knows whether it was accepted'))
    .option('--task <task>', 'the upstream has it: this is its task (also in place of one that you gave and mistyped, until it has ended; or the older one that has its id)', once)
    .option('--resubmit', 'the upstream has it not: send it again (pays twice if you are wrong)')
    .option('--abandon', 'give it up')
    .action(act(async (id: string, options) => (await import('./commands/resolve.ts')).resolve(context, id, options)));
  withCommonOptions(command('pause <provider>', 'submit nothing to a provider for now'))
    .option('--reason <text>', 'shown wherever the pause is', once)
    .option('--polls', 'poll nothing either; deadlines wait too')
    .action(act(async (name: string, options) => (await import('./commands/pause.ts')).pause(context, name, options)));
  withCommonOptions(command('resume <provider>', 'end every pause of a provider, of a person or of a worker'))
    .action(act(async (name: string, options) => (await import('./commands/pause.ts')).resume(context, name, options)));
  withCommonOptions(command('webhooks', 'endpoints that fail or are disabled, and what they have missed'))
    .option('--enable <endpoint>', 'its id or address: send again what it has missed', once)
    .action(act(async (options) => (await import('./commands/webhooks.ts')).webhooks(context, options)));
  command('providers [name]', 'what can be asked: models, parameters, bounds, limits')
    .option('--json', 'for machines; parameters as JSON Schema')
    .action(act(async (name: string | undefined, options) => (await import('./commands/providers.ts')).providers(context, name, options)));
  withCommonOptions(command('doctor', 'check Redis, keys, upstreams, clock, disk and bucket; says what to fix'))
    .option('--after-restore', 'an older copy of Redis came back: looks up what may have been paid since, then submits go on')
    .option('--shards', 'write SHARDS down as the number of shards of this ledger, while nothing is on its way')
    .option('--yes', 'with --after-restore: also when no worker has noticed it')
    .action(act(async (options) => (await import('./commands/doctor.ts')).doctor(context, options)));
  command('users', 'users of the dashboard')
    .command('create <name>')
    .description('make a user of the dashboard: prints the password once, and the line for DASHBOARD_USERS')
    .addOption(
      new Option('--role <role>', 'viewer looks, operator acts, admin may also act on whole queues')
        .choices(ROLES)
        .argParser(oneOf(ROLES))
        .makeOptionMandatory(),
    )
    .option('--stdin', 'take the password from stdin instead of making one')
    .option('--json', 'for machines: one JSON object on stdout')
    .action(act(async (name: string, options) => (await import('./commands/users.ts')).createUser(context, name, options)));
  withCommonOptions(command('audit', 'what people did in the dashboard, newest first'))
    .option('--limit <n>', 'at most so many (default: 50)', wholeNumber)
    .action(act(async (options) => (await import('./commands/audit.ts')).audit(context, options)));
  command('start', 'the whole system on this machine, until stopped: Redis, worker, dashboard, HTTP API')
    .option('--simulate', 'with simulated upstreams: nothing is paid')
    .action(act(async (options) => (await import('./commands/start.ts')).start(context, options)));
  const keys = command('keys', 'keys for the HTTP API');
  keys
    .command('create <name>')
    .description('make a key: prints it once, and the line for API_KEYS')
    .addOption(new Option('--scope <scope>', 'read, write or admin; may be given several times').choices(SCOPES).argParser(collect).makeOptionMandatory())
    .action(act(async (name: string, options) => (await import('./commands/keys.ts')).createKey(context, name, options)));
  command('demo', 'a minute of everything on simulated upstreams: videos in out/demo-<n>/')
    .action(act(async () => (await import('./commands/demo.ts')).demo(context)));
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
    .option('--provider <name>', 'for lines that name none: allegro, kling, hailuo, pika, luma', once)
    .option('--model <name>', 'for lines that name none', once)
    .option('--param <name=value>', 'a parameter for all lines; again for another', collect)
    .option('--webhook <url>', 'told when the batch is finished, and of each prompt; signed with WEBHOOK_SECRET', once)
    .option('--batch <name>', 'name of the batch (default: from the file; stdin needs one)', once)
    .option('--out <folder>', 'a folder that the videos go to (default: OUT_DIR/<batch>, or the bucket)', folderName)
    .option('--dry-run', 'check the file and say what would be submitted; enqueue nothing')
    .option('--skip-invalid', 'take the good lines of a file with bad ones')
    .option('--prune', 'cancel what is queued of this batch and no longer in the file');
}

function withCommonOptions(command: Command): Command {
  return command
    .option('--simulate', 'simulated upstreams and a ledger of their own: nothing is paid')
    .option('--json', 'for machines: one JSON object a line on stdout');
}
