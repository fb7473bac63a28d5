import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Combination } from '../combinations/combination.ts'
import { redactSecrets } from '../library.ts'
import {
  type ComboFacts,
  type GitFacts,
  type MachineFacts,
  type ResultFile,
  type RunFacts,
  resultSchema,
  type Skip,
  type WorkloadResult,
} from './result-file.ts'

/** The version of the package, which is two folders above this file, in the source and in the build. */
function suiteVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  const { version }: { version: string } = JSON.parse(text)
  return version
}

export interface RecorderOptions {
  readonly name: string
  readonly preset: string
  readonly seed: string
  readonly budgetMs: number
  readonly argv: readonly string[]
  readonly machine: MachineFacts
  readonly git: GitFacts | undefined
  readonly combinations: readonly Combination[]
  readonly skips: readonly Skip[]
  readonly warnings: readonly string[]
}

export interface ClosingFacts {
  readonly status: 'done' | 'interrupted'
  /** What each combination reported of itself when it was opened. */
  readonly settings: ReadonlyMap<string, Readonly<Record<string, string>>>
  readonly skips: readonly Skip[]
  readonly loadAfter: number
}

/** Collects the results of a run into its file, which is valid at every moment. */
export class ResultRecorder {
  readonly #options: RecorderOptions
  readonly #id = randomUUID()
  readonly #startedAt = new Date().toISOString()
  readonly #results: WorkloadResult[] = []

  constructor(options: RecorderOptions) {
    this.#options = options
  }

  get fingerprint(): string {
    return this.#options.machine.fingerprint
  }

  /** The file so far, of a run that goes on. */
  add(results: readonly WorkloadResult[]): ResultFile {
    this.#results.push(...results)
    return this.#file({ status: 'running', settings: new Map(), skips: [], loadAfter: this.#options.machine.load.after })
  }

  close(facts: ClosingFacts): ResultFile {
    return this.#file(facts)
  }

  #file({ status, settings, skips, loadAfter }: Omit<ClosingFacts, 'status'> & Pick<RunFacts, 'status'>): ResultFile {
    const { name, seed, argv, preset, budgetMs, machine, git, combinations, warnings } = this.#options
    const endedAt = new Date().toISOString()
    return withoutSecrets({
      schema: resultSchema,
      run: { id: this.#id, name, startedAt: this.#startedAt, endedAt, seed, argv, preset, budgetMs, status },
      tool: { version: suiteVersion(), git },
      machine: { ...machine, load: { before: machine.load.before, after: loadAfter } },
      combos: combinations.map((combination) => comboFacts(combination, settings.get(combination.id) ?? {})),
      results: [...this.#results],
      skips: [...this.#options.skips, ...skips],
      warnings,
    })
  }
}

/** What a server or an adapter said, and what was typed, may hold the URL of a database with its password. */
function withoutSecrets(file: ResultFile): ResultFile {
  return JSON.parse(JSON.stringify(file), (_, value: unknown) => (typeof value === 'string' ? redactSecrets(value) : value))
}

function comboFacts(combination: Combination, settings: Readonly<Record<string, string>>): ComboFacts {
  const { id, kind, label, durability, reference, status } = combination
  const reason = status.status === 'ready' ? undefined : status.reason
  return { id, kind, label, durability, reference, status: status.status, reason, settings }
}
