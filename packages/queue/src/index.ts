/** The contract between the apps: generation, ledger, queues, configuration, Redis, logging. By room, in the order in which they are best read. */

// A generation, and what may become of it.
export { type Ambiguity, type Generation, type GenerationFailure, HELD_REASONS, type HeldReason, type StoredFile, type Stray } from './generation.ts';
export { ARROWS, isTerminal, MAY_QUEUE_AGAIN, MOVING, type State, STATES, TERMINAL } from './states.ts';

// How users see it.
export { publicBatch, type PublicBatch } from './public-batch.ts';
export { publicGeneration, type PublicGeneration } from './public-generation.ts';
export { hasWaitingCancel } from './waiting-cancel.ts';
export { CSV_COLUMNS, csvHead, csvLines, type ResultVideo } from './results-csv.ts';
export { linkWithoutQuery } from './link-without-query.ts';
export { failureText } from './failure-text.ts';
export { beginningOf } from './beginning-of.ts';

// Enqueuing from Node.
export { accountsOf, createProducer, type Producer, type ProducerOptions, type ProducerRequest } from './producer.ts';
export { IdTaken, InvalidRequest } from './producer-errors.ts';

// Configuration.
export { isOfAceData } from './config/acedata.ts';
export { API_KEY_NAME, type ApiKey, type Scope, SCOPES } from './config/api-keys.ts';
export type { Account, Config, ProviderConfig } from './config/config.ts';
export { type DashboardUser, type Role, ROLES, USER_NAME } from './config/dashboard-user.ts';
export { ConfigError, loadConfig } from './config/load-config.ts';
export { decoyHash, hashPassword, passwordMatches } from './config/password-hash.ts';
export type { Environment } from './config/reader.ts';
export { Secret } from './config/secret.ts';
export { commandSuffix, isSimulated, SIMULATED_KEY } from './config/simulated.ts';
export { VARIABLES } from './config/variables.ts';

// What is asked → what is accepted.
export { acceptItems, type AcceptOptions, keepOnReplicas } from './intake/accept.ts';
export { BATCH_NAME, checkBatchName } from './intake/batch-name.ts';
export { type FieldFault, quoted } from './intake/field-fault.ts';
export { base32Hash, canonicalAsk, canonicalJson, GENERATION_ID, generationId } from './intake/generation-id.ts';
export { openImages } from './intake/images.ts';
export { isObject, REQUEST_FIELDS } from './intake/own-fields.ts';
export { ownIds } from './intake/own-ids.ts';
export { type JsonSchema, parametersOf, type ParametersOf, rememberParameters } from './intake/parameters.ts';
export { type Configured, type PreparedItem, prepareItem } from './intake/prepare-item.ts';
export { countRepetitions } from './intake/repetitions.ts';
export { awaitReplicas, awaitReservedKey, expectReplicas, TooFewReplicas } from './intake/replicas.ts';
export { type PreparedRequest, prepareRequest } from './intake/request.ts';
export { createSingles, type Singles } from './intake/singles.ts';
export { storeImages } from './intake/store-images.ts';

// The ledger.
export { learnAccepted } from './ledger/account/accepted.ts';
export { accountState, type AccountState, learnAlive, learnAnswered, learnDoubt, learnFull, MOST_DOUBTS, mostSlots } from './ledger/account/account-state.ts';
export { acknowledge, type Acknowledgement, type Proof } from './ledger/guard/acknowledge.ts';
export { attend, ATTENDANCE_MS, leave } from './ledger/attendance.ts';
export { type AuditEntry, readAudit, writeAudit } from './ledger/audit.ts';
export { type Batch, batchFolder, batchIds, batchIdsAfter, batchNames, batchTotal, readBatch } from './ledger/batches.ts';
export { timeOf } from './ledger/clock.ts';
export { coolDown, cooldownLeft } from './ledger/account/cooldown.ts';
export { createGenerations } from './ledger/create/create.ts';
export { type DownloadWait, downloadWaits, endDownloadWait, noteDownloadWait } from './ledger/download-waits.ts';
export { dropUnsealed } from './ledger/create/drop-unsealed.ts';
export type { Earlier } from './ledger/create/earlier.ts';
export { forgetEndedDoubts, freeEndedSlots } from './ledger/account/ended-slots.ts';
export { advanced, isCursor, isNewTo, isNotAfter } from './ledger/events/event-cursor.ts';
export { createEventFeed, type EventFeed } from './ledger/events/event-feed.ts';
export { batchWithEvent, EVENTS_AT_ONCE, eventsBetween, hasFallenBehind, isBehindTrim, lastEventId, type LedgerEvent, readEvents } from './ledger/events/events.ts';
export { answerKey, keptAnswer, releaseKey, reserveKey } from './ledger/create/idempotency.ts';
export { imageLoad } from './ledger/image-load.ts';
export { dropUnusedImages } from './ledger/unused-images.ts';
export { imageReference, loadImage, type StoredImage, storeImage } from './ledger/images.ts';
export type { Created, NewGeneration } from './ledger/create/intake.ts';
export { DEFAULT_TAG, type Keys } from './ledger/keys.ts';
export { learn, type LearnResult } from './ledger/learn.ts';
export { learnLookup, lookupsOf } from './ledger/account/lookups.ts';
export { endTask, flag, hold, note } from './ledger/note.ts';
export { accountIn, isByPerson, isHeldBy, isLedgerHeld, LEDGER_SCOPE, pauseScopes } from './ledger/account/pause-scopes.ts';
export { pauseCause, pauseRemedy, pauseStep } from './ledger/account/pause-words.ts';
export { commandAfter, isEndedBy, pause, type Pause, pauses, pausesOf, resume, sharingText } from './ledger/account/pauses.ts';
export { pollsPausedFor } from './ledger/account/poll-pauses.ts';
export {
  allCounts,
  type Counts,
  countRemoved,
  countsOf,
  heldOf,
  newestIds,
  ownerOf,
  readForWork,
  readGeneration,
  readGenerations,
  readStates,
  slotsTaken,
  spendOf,
  unknownIds,
} from './ledger/read.ts';
export { heldAccounts, heldCounts } from './ledger/held-counts.ts';
export { readWhereabouts, type Whereabouts } from './ledger/whereabouts.ts';
export type { Patch } from './ledger/record.ts';
export { beginRemoval, endRemoval, expiredFiles, REMOVAL_MS } from './ledger/retention/removal.ts';
export { giveBack, type Limits, reserve } from './ledger/account/reservation.ts';
export { restedFor } from './ledger/rested.ts';
export { shrinkEnded } from './ledger/retention/retention.ts';
export { type Guard, openGuard } from './ledger/guard/rollback-guard.ts';
export { guardState, heldShards, holdRestored, holdTogether } from './ledger/guard/rollback-hold.ts';
export { settleIntakes } from './ledger/create/settle-intakes.ts';
export { agreeOnShards, changeShards, formerShards, OtherShards } from './ledger/shard-count.ts';
export { readSightings, rememberSightings } from './ledger/account/sightings.ts';
export { monthOf, singleIds, singleMonths } from './ledger/singles.ts';
export { openStore, type StateChange, type Store } from './ledger/store.ts';
export { dueStrays, endStray, forgetStrays, lookAgainAt } from './ledger/strays.ts';
export { takenIds } from './ledger/create/taken-ids.ts';
export { type AddressedModel, concernsModelAlone } from './ledger/account/taken-models.ts';
export { type Change, hasMoved, transition, type TransitionResult } from './ledger/transition.ts';
export {
  CLOCK_LIMIT_MS, isWithoutWorker, type SeenWorker, seenWorkers, shutShards, speak, SPEAKS_EVERY_MS, takeLeave, unansweredSince, type WorkerWord, wrongClocks,
} from './ledger/workers.ts';

// Its shards.
export { locate } from './shards/locate.ts';
export { sentWithOf } from './sent-with.ts';
export { homeOf, shardOf } from './shards/routing.ts';
export { type ShardWait, shardWaits, waitText, withoutAway } from './shards/waits.ts';

// Jobs.
export { callUpPolls } from './queues/call-up.ts';
export { jobCounts } from './queues/depth.ts';
export { type Handed, handOver, jobKind, wakeForWork } from './queues/hand-over.ts';
export { DOWNLOAD_QUEUE, JOB_NAMES, jobId, type JobPayload, pollQueue, QUEUE_NAMES, type QueueKind, submitQueue, WEBHOOK_QUEUE } from './queues/names.ts';
export { firstDue, isPausedByHand, nextToSubmit, oldestInFlight, oldestQueued, pastDueMs } from './queues/oldest.ts';
export { openDesk } from './queues/open-desk.ts';
export { tellQueueFaults } from './queues/queue-faults.ts';
export { FINISHED_JOBS, openQueues, type Queues } from './queues/queues.ts';
export { rebase } from './queues/rebase.ts';
export { hasRenewedJob, release, repair, repairAll } from './queues/repair.ts';

// What people do.
export { ID_USED, mayTakeAnotherTask, mayTakeOlderTask } from './operations/adopt-given.ts';
export { afterRestore } from './operations/after-restore.ts';
export { cancelMany, cancelWholeBatch } from './operations/cancel-many.ts';
export { cancelGeneration, type CancelOutcome, hasMaybeBilledSubmit } from './operations/cancel.ts';
export { type Desk, deskAt, withoutReplicas } from './operations/desk.ts';
export { isHeeded, LONGEST_TASK_ID, type Resolution, resolveGeneration, type ResolveOutcome, wordsOn } from './operations/resolve.ts';
export { retryMany } from './operations/retry-many.ts';
export { handOverAsItIs, newRound, planRetry, retryGeneration, type RetryOptions, type RetryOutcome, type RetryPlan } from './operations/retry.ts';
export { insistPaused, insistStopped, MayBeForgotten, type Stopped } from './operations/stays-stopped.ts';
export { enableEndpoint, giveUpEndpoint, handOverEvent, redeliver } from './operations/webhooks.ts';

// Callbacks of upstreams.
export { callbacksArrive, PROOF, recordEnd } from './callbacks/callback-record.ts';
export { callbackUrl } from './callbacks/callback-url.ts';
export { hearCallback, MOST_QUICK_POLLS } from './callbacks/hear-callback.ts';
export { hintedSince, promotePoll } from './callbacks/promote-poll.ts';

// Webhooks.
export { logDelivery, type PublicDelivery, readDeliveries } from './webhooks/delivery-log.ts';
export { type DisableRules, type Endpoint, failingEndpoints, isDisabled, noteFailure, noteSuccess } from './webhooks/endpoint.ts';
export { endpointCounts } from './webhooks/endpoint-counts.ts';
export { endEvent, type EventEnd, type NewEvent, noteTry, readEvent, recordEvent, subjectOf, type WebhookEvent } from './webhooks/event.ts';
export { eventId, finishedId, leaveMarks, type Mark, readMarks, removeMarks } from './webhooks/mark.ts';
export { endpointId, webhookFault, webhookRules, type WebhookRules } from './webhooks/webhook-url.ts';
export { isAllowedAddress, literalAddress } from './allowed-address.ts';
export { webhookWishes } from './webhooks/wishes.ts';

// When to poll.
export { backoff } from './pacing/backoff.ts';
export { ageAt, type CompletionLaw, completionLaw, doneBy } from './pacing/completion-law.ts';
export { firstWait, nextWait, NO_PLAN, pollPlan, type PollPlan } from './pacing/poll-plan.ts';
export { decodeSightings, encodeSightings, type Sighting } from './pacing/sighting.ts';
export { taskKind } from './pacing/task-kind.ts';

// Estimated spend.
export { amountText } from './spend/amount-text.ts';
export { encodeBill, type Spend } from './spend/bill.ts';
export { loadPrices, type Prices } from './spend/prices.ts';

// Searching and charts.
export { batchLoads, type BatchLoads, timeLeft } from './catalogue/batch-load.ts';
export { Catalogue } from './catalogue/catalogue.ts';
export { type Figures, figuresOf, type ProviderFigures } from './catalogue/figures.ts';
export { followLedger, type LedgerFollower } from './catalogue/follow-ledger.ts';
export type { LedgerChange } from './catalogue/ledger-copy.ts';
export { type Found, search, type Search } from './catalogue/search.ts';

// Redis.
export { answersOf } from './redis/answers.ts';
export { isRedisAway, isRedisFull } from './redis/away.ts';
export { waitsForSlot } from './redis/cluster-connection.ts';
export { checkCompactness } from './redis/compactness.ts';
export { closeRedis, connectForProducer, connectForWorker, type RedisConnection, whenReady } from './redis/connection.ts';
export { checkDurability, type Finding, REDIS_FULL } from './redis/durability.ts';
export { describeRedisUrl } from './redis/redis-url.ts';
export { type EmbeddedRedis, startEmbeddedRedis } from './embedded/embedded-redis.ts';

// Processes.
export { BoundedMap } from './bounded-map.ts';
export { chunked } from './chunked.ts';
export { about } from './logging/about.ts';
export { createLog, type Log } from './logging/log.ts';
export { endOnSignal } from './end-on-signal.ts';
export { endsWithin } from './ends-within.ts';
export { closeServer, listen } from './http-server.ts';
export { createHttpService, type HttpServiceParts } from './http-service.ts';
