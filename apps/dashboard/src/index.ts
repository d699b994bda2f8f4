/** The dashboard: Bull Board over every queue, with the ledger in front of every action. */
export { createDashboard, type DashboardService, type DashboardOptions } from './dashboard.ts';
