/** What `dailies COMMAND --help` says below the options of each command: what goes in, examples, exit codes. Nothing but text. */
const OF_A_BATCH = `
Exit codes: 0 all succeeded · 1 something failed or was canceled · 2 bad usage or input, or Redis cannot be reached: nothing was enqueued ·
3 something needs a person (unresolved, overdue, or queued under a pause) · 130 interrupted`;
const OF_A_LOOK = '\nExit codes: 0 whatever is found · 1 Redis went away meanwhile · 2 bad usage, no such name, or Redis cannot be reached · 130 interrupted';
const OF_A_CHANGE = '\nExit codes: 0 done, or there was nothing to do · 1 Redis went away meanwhile · 2 bad usage or Redis cannot be reached, nothing was done · 130 interrupted';

const examples = (...lines: string[]): string => `\nFor example:\n${lines.map((line) => `  dailies ${line}\n`).join('')}`;

const FILE = `
FILE is .txt (one prompt per line), .jsonl, .csv or .tsv, or - for stdin. What a line says wins over an option.
\`dailies providers NAME\` shows the parameters.`;

const BATCH_OR_ID = '\nNAME is a batch or the id of a generation. If it is both, write batch:NAME or id:NAME.\n';

/** Below the help of `dailies` itself. */
export const PROGRAM_HELP = `
For example:
  dailies run prompts.jsonl --simulate                      try it: nothing is paid
  dailies run prompts.txt --provider kling --out videos     one prompt per line, videos into a folder
  dailies run prompts.txt --provider luma --param aspect_ratio=9:16 --dry-run
  dailies providers kling                                   what it accepts
  dailies status                                            what is going on
  dailies resume kling                                      after a pause

The same \`run\` continues where it stopped and never pays twice. \`dailies COMMAND --help\` says more.
If Redis cannot be reached at the start, a command ends with 2, and nothing was done. If it goes away in the middle, the command ends with 1,
and what was done stays done; \`run\`, \`enqueue\` and \`watch\` wait for it to come back.
${OF_A_BATCH}
`;

/** By what is typed. */
export const COMMAND_HELP: Readonly<Record<string, string>> = {
  run: `${FILE}
Ctrl-C stops cleanly; the same command continues later.
${examples('run prompts.txt --provider kling --out videos', 'run shots.csv --batch launch --param duration=10 --dry-run', 'run - --batch night < prompts.jsonl')}${OF_A_BATCH}`,
  enqueue: `${FILE}
${examples('enqueue prompts.jsonl --batch launch', 'enqueue prompts.jsonl --batch launch --watch')}
Exit codes: 0 accepted · 1 Redis went away meanwhile: the same command again completes it · 2 bad usage or input, or Redis cannot be reached: nothing was
enqueued · 130 interrupted; with --watch those of \`dailies run\``,
  watch: `${examples('watch launch', 'watch launch --json')}
Exit codes: 0 all succeeded · 1 something failed or was canceled · 2 bad usage, no such batch, or Redis cannot be reached ·
3 something needs a person (unresolved, overdue, or queued under a pause) · 130 interrupted`,
  status: `${BATCH_OR_ID}Without NAME: all providers, and the newest 20 batches. Times are in UTC.
${examples('status', 'status launch', 'status launch --json', 'status g2kq7v4wzd5n3xtb6rhm')}${OF_A_LOOK}`,
  results: `${examples('results launch', 'results launch --format csv > launch.csv', 'results launch --download videos --from http://render-1:3000')}
Exit codes: 0 whatever is found · 1 Redis went away meanwhile; with --download: a file could not be brought ·
2 bad usage, no such name, or Redis or --from cannot be reached · 130 interrupted`,
  cancel: `${BATCH_OR_ID}${examples('cancel launch', 'cancel g2kq7v4wzd5n3xtb6rhm --collect')}
Exit codes: 0 done · 1 something could not be canceled (paid and ready, or unresolved), or Redis went away meanwhile ·
2 bad usage, no such name, or Redis cannot be reached: nothing was done · 130 interrupted`,
  retry: `${BATCH_OR_ID}If a part of a batch would be paid again, you are asked first; without a terminal it needs --yes. A single generation is retried without a question.
${examples('retry launch', 'retry launch --yes', 'retry g2kq7v4wzd5n3xtb6rhm')}
Exit codes: 0 done, or there was nothing to do · 1 something was refused or could not be looked at, or Redis went away meanwhile ·
2 nothing was done: bad usage, no such name, nobody who agreed to pay, or Redis cannot be reached · 3 something is unresolved and needs your word ·
130 interrupted`,
  resolve: `
Give exactly one of --task, --resubmit and --abandon. \`dailies status ID\` says when the submit was sent, so that you can look for it at the upstream.
A generation that failed because its id was used before (id_used) also takes --task: the older task that has its id.
${examples('resolve g2kq7v4wzd5n3xtb6rhm --task 8f1c0c1e', 'resolve g2kq7v4wzd5n3xtb6rhm --abandon')}
Exit codes: 0 done · 1 Redis went away meanwhile · 2 bad usage, it is not unresolved, or Redis cannot be reached: nothing was done · 130 interrupted`,
  pause: `\nWhat was already submitted goes on.\n${examples('pause kling --reason "budget of November"', 'pause kling --polls')}${OF_A_CHANGE}`,
  resume: `${examples('resume kling')}${OF_A_CHANGE}`,
  webhooks: `${examples('webhooks', 'webhooks --enable https://example.com/hooks/dailies', 'webhooks --forget https://example.com/hooks/dailies')}${OF_A_CHANGE}`,
  providers: `\nNeeds no key and no Redis.\n${examples('providers', 'providers kling', 'providers kling --json')}\nExit codes: 0 · 2 no such provider`,
  doctor: `
After restoring a backup, run \`dailies doctor --after-restore\` before any worker. Whatever was queued becomes ambiguous and is looked up; what cannot be
looked up (everything on Allegro) becomes unresolved, and you decide. Nothing is sent again without proof that it was not accepted.
${examples('doctor', 'doctor --simulate --json')}
Exit codes: 0 nothing is wrong (notes are no faults) · 1 something is wrong · 2 bad usage · 130 interrupted;
with --after-restore or --shards: 0 done · 1 Redis went away meanwhile · 2 bad usage, or nothing was done · 130 interrupted`,
  'users create': `${examples('users create anna --role operator', 'users create anna --role viewer --stdin < password.txt')}
A password on stdin has at least 12 characters.

Exit codes: 0 · 2 bad usage`,
  audit: `\nTimes are in UTC; about the last 10,000 actions are kept.\n${examples('audit', 'audit --limit 500 --json')}${OF_A_LOOK}`,
  start: `\nPorts: PORT (3000, HTTP API), DASHBOARD_PORT (3001), WORKER_PORT (3002: health and metrics); all variables: .env.example.
${examples('start', 'start --simulate')}
Exit codes: 0 stopped by Ctrl-C or SIGTERM · 2 a faulty configuration, or a port in use`,
  'keys create': `${examples('keys create newsroom --scope read --scope write', 'keys create newsroom --scope write --json')}
The key goes to stdout, then the line for API_KEYS; the key itself is kept nowhere.

Exit codes: 0 · 2 bad usage`,
  demo: `${examples('demo')}${OF_A_BATCH}`,
  help: `${examples('help run', 'help keys create')}\nExit codes: 0 · 2 no such command`,
};
