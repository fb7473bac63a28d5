import type { Commit, CommitResult, MetadataStore, StorageBackend } from 'nexusfs'
import type { SeededRandom } from 'nexusfs/testing'

export type ConformancePort = StorageBackend | MetadataStore

/** A name out of the port's interface: `commit`, `put`, `info`. */
export type PortMember<Port extends ConformancePort> = Port extends unknown ? keyof Port & string : never

/**
 * One promise of a port, as data. A law is checked against a fresh, empty namespace; it throws `LawBroken` (or lets any other error
 * escape) if the subject does not keep it.
 */
export interface Law<Port extends ConformancePort> {
  /** Stable, kebab-case; the port's docstrings name it. */
  readonly id: string
  /** The member of the port that makes the promise. */
  readonly member: PortMember<Port>
  /** A sentence of behaviour: `put of the same key twice stores one blob`. */
  readonly title: string
  /** The port's own sentence that this law checks. */
  readonly sentence: string
  /**
   * What the subject must have for the law to apply; absent = every subject. A law that requires a capability has a twin that
   * requires its absence and checks that the call is refused with `Unsupported`.
   */
  readonly requires?: LawRequirement<Port> | undefined
  /** Milliseconds after which the law counts as broken; the option of the run if absent. */
  readonly deadlineMs?: number | undefined
  check(context: LawContext<Port>): Promise<void>
}

/** The laws of a port about one thing, in the order in which they run. */
export interface LawTopic<Port extends ConformancePort> {
  readonly title: string
  readonly laws: readonly Law<Port>[]
}

export interface LawRequirement<Port extends ConformancePort> {
  /** In words, for the report: `capability staging`, `isShared`, `commitHeld`. */
  readonly description: string
  /** @param port where the law is to be checked; for members that a port need not have */
  isMet(subject: ConformanceSubject<Port>, info: Port['info'], port: Port): boolean
  /**
   * Asked where it is met: why the law cannot be checked all the same, and what to do about it. Such a law counts as not checked, which
   * is neither kept nor skipped.
   */
  obstacle?(subject: ConformanceSubject<Port>, info: Port['info']): string | undefined
}

export interface LawContext<Port extends ConformancePort> {
  readonly subject: ConformanceSubject<Port>
  /** Already opened on the law's own fresh namespace; closed by the runner. */
  readonly port: Port
  readonly namespace: string
  /** Another client of the same namespace, closed by the runner. Only in laws that require `clientsShareANamespace` or, once `port` is closed, `opensAgain`. */
  openAnother(): Promise<Port>
  /** Another process that has the namespace open, closed by the runner. Only in laws that require `namespacesOfProcesses`. */
  openInOtherProcess(): Promise<OtherClient>
  /** Seeded with the run's seed and the law's id: the same seed gives the same run, whatever other laws run with it. */
  readonly random: SeededRandom
  readonly seed: number
  /** Fires at the law's deadline, and when the run is cancelled. */
  readonly signal: AbortSignal
}

/** A client in another process. */
export interface OtherClient {
  /**
   * Calls the function of that name out of the `works` that the module exports, there, with its client and these arguments, which
   * must survive structured clone as the result must.
   * @param module as `import.meta.url` names it
   * @throws what it throws there
   */
  run(module: string, work: string, ...args: readonly unknown[]): Promise<unknown>
}

/** How another process makes the same subject. */
export interface SubjectModule {
  /**
   * A URL, such as `import.meta.url`, of a module that a plain node can import. Its default export is a function that makes the subject
   * out of the options.
   */
  readonly module: string | URL
  /** Whatever survives structured clone. */
  readonly options?: unknown
}

/** What is put to the test: how to open it, and, where it can, how to hold its breath. */
export interface ConformanceSubject<Port extends ConformancePort> {
  readonly kind: Port extends MetadataStore ? 'metadata' : 'storage'
  /** For the report. */
  readonly name: string
  /** True if clients that this process opens on one namespace see one namespace although `info.isShared` is false. */
  readonly isInProcess?: boolean | undefined
  /**
   * Opens the namespace of that name, empty the first time. Called again with the same name while the first is open, it gives a second
   * client of the same namespace if `info.isShared` or `isInProcess`.
   */
  open(namespace: string): Promise<Port>
  /**
   * How another process opens the same namespaces: several processes are what `info.isShared` is about. Without it those laws are not
   * checked, and the report says so.
   */
  readonly otherProcess?: SubjectModule | undefined
  /** True if the namespaces are on another machine, or behind a server: what is done for their durability is done there. */
  readonly isRemote?: boolean | undefined
  /** Removes what the namespace left behind; called after `close`. */
  dispose?(namespace: string): Promise<void>
  /** Test hooks that only some adapters can offer; laws that need one declare it. */
  readonly hooks?: ConformanceHooks<Port> | undefined
}

export interface ConformanceHooks<Port extends ConformancePort> {
  /**
   * Metadata only: begins the commits, lets them draw their revisions and holds them before they become visible. For stores whose
   * commits overlap; a store whose commits are serial has no such moment.
   */
  commitHeld?(port: Port, namespace: string, commits: readonly Commit[]): Promise<HeldCommit>
  /** Metadata only, with the capability `backup`: opens the file that a backup made. */
  openBackup?(file: string): Promise<Port>
}

export interface HeldCommit {
  release(): Promise<readonly CommitResult[]>
}

/** What came out, law by law. */
export interface ConformanceReport {
  readonly subject: string
  readonly seed: number
  readonly results: readonly LawResult[]
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** Laws that apply and could not be checked; their reasons say what is missing. */
  readonly unchecked: number
}

export type LawResult =
  | { readonly id: string; readonly title: string; readonly status: 'passed'; readonly milliseconds: number }
  | { readonly id: string; readonly title: string; readonly status: 'skipped' | 'unchecked'; readonly reason: string }
  | {
      readonly id: string
      readonly title: string
      readonly status: 'failed'
      readonly milliseconds: number
      readonly error: unknown
      /** Several lines: seed, law, sentence, key, expected, actual and the call that replays it. */
      readonly reproduction: string
    }

/** For laws that call `openAnother`: a second client of the namespace sees what the first one does. */
export function clientsShareANamespace<Port extends ConformancePort>(): LawRequirement<Port> {
  return {
    description: 'clients that share a namespace (info.isShared, or a subject that isInProcess)',
    isMet: (subject, info) => info.isShared || subject.isInProcess === true,
  }
}

/** For laws that close a namespace and open it again: what is durable shows then; a subject in this process keeps its namespaces meanwhile. */
export function opensAgain<Port extends ConformancePort>(): LawRequirement<Port> {
  return {
    description: 'a durability other than none, or a subject that isInProcess',
    isMet: (subject, info) => info.durability !== 'none' || subject.isInProcess === true,
  }
}

/** For laws that call `openInOtherProcess`: what one process does, another one sees. */
export function namespacesOfProcesses<Port extends ConformancePort>(): LawRequirement<Port> {
  return {
    description: 'info.isShared',
    isMet: (_subject, info) => info.isShared,
    obstacle: ({ otherProcess }) =>
      otherProcess === undefined
        ? 'info.isShared is a claim about processes, and this law starts one: name in the subject how it makes the same one, otherProcess: { module: import.meta.url, options }, where the default export of the module is a function from the options to the subject'
        : undefined,
  }
}
