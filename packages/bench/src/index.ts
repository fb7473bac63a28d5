export type { Act, Before, Checks, PlannedCall, PlannedFile } from './acts/act.ts'
export type { ContentOf, ContentRef } from './acts/content-source.ts'
export type { ExpectedTree, ListedFile } from './acts/expected-tree.ts'
export type { Inventory, Subject, SubjectFile, SubjectTraits } from './acts/subject.ts'
export type {
  Baseline,
  Combination,
  CombinationStatus,
  Described,
  FloorCombination,
  NexusCombination,
} from './combinations/combination.ts'
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
export type {
  ComboFacts,
  Comparison,
  GitFacts,
  IoFacts,
  MachineFacts,
  ResultFile,
  RoundFacts,
  RunFacts,
  Skip,
  Statistics,
  WorkloadResult,
} from './results/result-file.ts'
export { readResultFile, resultText, writeResultFile } from './results/result-store.ts'
export { type RunOptions, type RunOutcome, run } from './run.ts'
export type { SuiteProgress } from './runner/run-suite.ts'
export type { PlannedWorkload, Preset } from './selection/plan-run.ts'
export type { Surroundings } from './surroundings.ts'
export type { ColdStart, Floor, Workload } from './workloads/workload.ts'
