/**
 * The number of shards that the suite's ledgers have: DAILIES_TEST_SHARDS. Default: four on a Cluster (DAILIES_TEST_REDIS=cluster), otherwise one.
 */
export const TEST_SHARDS = Number(process.env['DAILIES_TEST_SHARDS'] ?? (process.env['DAILIES_TEST_REDIS'] === 'cluster' ? 4 : 1));
