/**
 * Every Redis key of ours, with its type. All of them, and BullMQ's prefix, carry one hash tag, so that scripts may touch
 * several at once on a Cluster. Nobody builds a key anywhere else.
 */
export type Keys = ReturnType<typeof ledgerKeys>;

/** Default tag. A test, or a simulated run on a shared server, has its own. */
export const DEFAULT_TAG = 'dailies:0';

export function ledgerKeys(tag: string) {
  const at = (...parts: string[]): string => `{${tag}}:${parts.join(':')}`;
  return {
    /** The hash tag itself. */
    tag,
    /** BullMQ's `prefix`. */
    prefix: `{${tag}}`,
    /** hash: the record. */
    generation: (id: string) => at('g', id),
    /** list: `at|state|times|note`, oldest first, at most 50. */
    history: (id: string) => at('h', id),
    /** hash: batch record, its counters `n:<state>` and `spend|…` (ledger/spend-script.ts). Singles share `_single`. */
    batch: (name: string | null) => at('b', name ?? '_single'),
    /** zset: generation ids of a batch by position. */
    batchItems: (name: string | null) => at('bi', name ?? '_single'),
    /** zset: ids of the single generations created in a month (`yyyy-mm`, UTC) by position. */
    singles: (month: string) => at('si', month),
    /** set: months that have singles. */
    singleMonths: at('single-months'),
    /** zset: attendance tokens (a `run` or `watch`) by expiry, epoch ms. */
    attended: (name: string | null) => at('ba', name ?? '_single'),
    /** list: id and `<provider>|<state>|<month>` of what an intake that is not sealed yet brings. */
    intake: (token: string) => at('in', token),
    /** zset: batch names by creation. */
    batches: at('batches'),
    /** zset: every generation by creation. */
    all: at('all'),
    /** zset: terminal generations that are kept whole, by their end. */
    ended: at('ended'),
    /** zset: generations that may still need a job, by last change. */
    live: at('live'),
    /** zset: who holds a slot of the account, by the time the slot ends at the latest: ids of generations, and `<id>#<task key>` of strays. */
    slots: (account: string) => at('slots', account),
    /** zset: the same, of one provider of the account. */
    slotsOf: (account: string, provider: string) => at('slots', account, provider),
    /** set: generations whose slot says nothing of how many tasks the account takes (account/is-doubtful-script.ts). */
    doubtful: (account: string) => at('doubtful', account),
    /** zset: `<provider>:<token>` reservations by expiry. */
    reserved: (account: string) => at('reserved', account),
    /** hash: state → number, and `spend|…` (ledger/spend-script.ts), per provider. */
    counts: (provider: string) => at('counts', provider),
    /** hash: V per priority class (virtual time of the fair turns); `base:<class>` and `rebase:<class>` of places (ledger/turns/places.ts). */
    turns: (provider: string) => at('turns', provider),
    /** hash: F per class and lane; `epoch`. */
    lanes: (provider: string) => at('lanes', provider),
    /** zset with expiry: lanes of one API key by class and F (ledger/turns/fair-turns-script.ts). */
    laneEnds: (provider: string, apiKey: string) => at('lane-ends', provider, apiKey),
    /** zset: generations in `submitting`, by the time after which somebody else may judge them. */
    intents: (account: string) => at('intents', account),
    /** hash: what was learned about an account: its limit, its breaker (ledger/account/account-state.ts). */
    account: (account: string) => at('account', account),
    /** string with expiry: who sweeps now. */
    sweepLock: at('sweep'),
    /** hash: intake → what was decided about it, until it is sealed in every shard (ledger/create/create-across.ts). */
    decisions: at('decisions'),
    /** zset: intakes that are not sealed yet, by their start. */
    intakes: at('intakes'),
    /** hash: scope → `at|polls|kind|reason`, what is paused and why (ledger/account/pauses.ts). */
    pauses: at('pauses'),
    /** hash: account → `until|strikes`, a short wait after refusals. */
    cooldowns: at('cooldowns'),
    /** hash with expiry: `<machine> <folder>` → why downloads into it wait, JSON (ledger/download-waits.ts). */
    downloadWaits: at('download-waits'),
    /** hash: provider, or account and provider → milliseconds that polls were paused, of pauses that have ended (ledger/account/poll-pauses.ts). */
    pollPauses: at('poll-pauses'),
    /** hash: task key → generation id. */
    tasks: (account: string) => at('tasks', account),
    /** set: generations without a job on purpose. */
    held: (account: string) => at('held', account),
    /** set: accounts of which something has been held at some time (ledger/held-counts.ts): without it nobody would know one whose key is gone. */
    heldAccounts: at('held-accounts'),
    /** hash with expiry: what was asked under an Idempotency-Key, and answered (ledger/create/idempotency.ts). */
    idempotency: (name: string) => at('idem', name),
    /** zset: generations with a stray task that may still run, by when it is looked at next. */
    strays: at('strays'),
    /** zset: webhook marks by time, `<id>:<round>:<state>:<n>` and `batch:<name>:<revision>` (webhooks/mark.ts reads them). */
    outbox: at('outbox'),
    /** zset: those marks that name no endpoint, for a worker that knows the default one. */
    outboxOfStandard: at('outbox-of-standard'),
    /** string with expiry: some worker knows a default endpoint (WEBHOOK_URL): the others leave it the marks that name no endpoint. */
    standardWebhook: at('standard-webhook'),
    /** set: generations without a poll (unresolved, or queued again) of which a callback has named a task. */
    offered: at('offered'),
    /** hash with expiry: an event on its way to an endpoint. */
    webhookEvent: (id: string) => at('we', id),
    /** zset: events that an endpoint has not taken yet, by time. */
    undelivered: (endpoint: string) => at('wu', endpoint),
    /** hash with expiry: an endpoint that fails, or is disabled. */
    endpoint: (endpoint: string) => at('wp', endpoint),
    /** zset: endpoints that fail, by their last failure. */
    failingEndpoints: at('endpoints'),
    /** string with expiry: this endpoint answered 410 for this generation or batch. */
    endpointGone: (endpoint: string, subject: string) => at('wg', endpoint, subject),
    /** list with expiry: deliveries of a generation or batch, newest first. */
    deliveries: (subject: string) => at('wd', subject),
    /** hash: kind of task → how long its last ones took (ledger/account/sightings.ts). */
    sightings: at('sightings'),
    /** zset: those kinds, by the last one seen. */
    sightingKinds: at('sighting-kinds'),
    /** list: what was remembered last, against repetition. */
    sightingMarks: at('sighting-marks'),
    /** stream: every transition, about the last 10,000. */
    events: at('events'),
    /** stream: what people did in the dashboard, about the last 10,000 (ledger/audit.ts). */
    audit: at('audit'),
    /** string with expiry: a session of the dashboard. */
    session: (id: string) => at('session', id),
    /** hash: bytes and type of an image, by its SHA-256. */
    image: (sha256: string) => at('image', sha256),
    /** set: generations that carry the image and are kept whole; `*` stands for those of an older version, which recorded none. */
    imageUsers: (sha256: string) => at('image-users', sha256),
    /** zset: `<reference of an image> <id>`, by when it was stored for that one; until a day later (ledger/unused-images.ts). */
    imageUses: at('image-uses'),
    /** string with expiry: who writes a batch folder now. */
    folderLock: (folder: string) => at('folder', folder),
    /** hash with expiry: worker → `at|word`, its last word that it lives (ledger/workers.ts). */
    workers: at('workers'),
    /** string: when somebody last asked whether the replicas follow (ledger/guard/acknowledge.ts). */
    acknowledged: at('acknowledged'),
    /**
     * hash: which ledger this is, whether a restored copy of it was dealt with (ledger/guard/rollback-guard.ts), and how many shards it has
     * (ledger/shard-count.ts).
     */
    guard: at('guard'),
    /** string with expiry: the last look of a `doctor --after-restore` that is under way. */
    settling: (run: string) => at('settling', run),
    /** Never written. Asking for it together with a key that exists shows whether the Cluster slot moves (shards/waits.ts). */
    never: at('never'),
    /** pub/sub channel: an account has a free place, an account and a provider of it have new work, or `*`. */
    wake: at('wake'),
  };
}
