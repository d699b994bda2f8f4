/**
 * How many shards the ledgers of a run of the suite have: DAILIES_TEST_SHARDS, and on a Cluster (DAILIES_TEST_REDIS) four where it says nothing.
 */
export const TEST_SHARDS = Number(process.env['DAILIES_TEST_SHARDS'] ?? (process.env['DAILIES_TEST_REDIS'] === 'cluster' ? 4 : 1));
