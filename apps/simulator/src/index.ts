export { startSimulator, type Simulator } from './simulator.ts';
export type { SimulatorOptions } from './simulator-options.ts';
export type { AccountCounts } from './account-book.ts';
export type { LedgerCounts, PaidSubmit } from './paid-ledger.ts';
export type { LoggedRequest, RequestFilter, RequestKind } from './request-log.ts';
export type { Fault, FaultyKind } from './faults/fault.ts';
export type { FaultBook, FaultState } from './faults/fault-book.ts';
export type { ProviderAccount, ProviderName } from './task.ts';
