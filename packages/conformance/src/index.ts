export type { SeededRandom } from 'nexusfs/testing'
export type { Finding } from './expect.ts'
export { describeError, expectBytes, expectEqual, expectRejection, expectThat, LawBroken, settle } from './expect.ts'
export type { KillMatrix, KillRow } from './kill-matrix.ts'
export { killMatrix, killMatrixProblems, killMatrixText } from './kill-matrix.ts'
export type {
  ConformanceHooks,
  ConformancePort,
  ConformanceReport,
  ConformanceSubject,
  HeldCommit,
  Law,
  LawContext,
  LawRequirement,
  LawResult,
  LawTopic,
  OtherClient,
  PortMember,
  SubjectModule,
} from './law.ts'
export { clientsShareANamespace, namespacesOfProcesses } from './law.ts'
export { lawsOf } from './laws-of.ts'
export * from './metadata/index.ts'
export type { Mutant } from './mutant.ts'
export { replacing, wrapPorts } from './mutant.ts'
export type { TestRunner } from './register-laws.ts'
export { registerLaws } from './register-laws.ts'
export type { Replay } from './reproduction.ts'
export { aboutChance, reportText } from './reproduction.ts'
export type { ConformanceOptions } from './run-conformance.ts'
export { runConformance, selectLaws } from './run-conformance.ts'
export type { LawRunOptions } from './run-law.ts'
export { runLaw } from './run-law.ts'
export * from './storage/index.ts'
