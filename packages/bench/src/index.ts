export {
  type ListedCombination,
  type ListedVariable,
  type ListedWorkload,
  listCombinations,
  listVariables,
  listWorkloads,
} from './listings.ts'
export { type BenchmarkPlan, type PlanRequest, plan } from './plan.ts'
export {
  type Report,
  type ReportCell,
  type ReportColumn,
  type ReportedGoals,
  type ReportedGroup,
  type ReportedRow,
  type ReportedWorkload,
  type ReportTable,
  report,
  type Tone,
} from './report/report.ts'
export { resultsPage, writeResultsPage } from './report/results-page.ts'
export type { ResultFile, WorkloadResult } from './results/result-file.ts'
export { readResultFile, resultText, writeResultFile } from './results/result-store.ts'
export { type RunOptions, type RunOutcome, run } from './run.ts'
export type { SuiteProgress } from './runner/run-suite.ts'
export type { Preset } from './selection/plan-run.ts'
export type { Surroundings } from './surroundings.ts'
export type { Workload } from './workloads/workload.ts'
