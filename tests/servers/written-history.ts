import { isNexusError, type NexusError, type NexusFS } from 'nexusfs'

/** One write, and what its caller was told. */
interface Attempt {
  readonly path: string
  /** Written by nobody else. */
  readonly content: string
  readonly outcome: 'acknowledged' | 'none' | 'unknown'
  /** Of an acknowledged write. */
  readonly version: number | undefined
}

export interface HistoryReport {
  readonly acknowledged: number
  /** Failed, with the word that nothing was written. */
  readonly refused: number
  /** Failed, and nobody could say whether it was written. */
  readonly unknown: number
  /** Milliseconds of the slowest write. */
  readonly slowestMs: number
  /** What must not be, one sentence each. */
  readonly violations: readonly string[]
}

/** Remembers what writers were told while things went wrong, and compares it with what is there afterwards. */
export class WrittenHistory {
  readonly #attempts: Attempt[] = []
  readonly #violations: string[] = []
  readonly #allowed: readonly string[]
  #slowestMs = 0

  /** @param allowed codes with which a write may fail */
  constructor(allowed: readonly string[] = ['Unavailable', 'Timeout']) {
    this.#allowed = allowed
  }

  /** What is known to be wrong already. */
  get violations(): readonly string[] {
    return this.#violations
  }

  get acknowledged(): number {
    return this.#attempts.filter(({ outcome }) => outcome === 'acknowledged').length
  }

  /** Writes content that nobody else writes, in either size: kept in the metadata, or as a blob. Never throws. */
  async write(fs: NexusFS, path: string): Promise<void> {
    const number = this.#attempts.length
    const content = `${path} ${number} ${performance.now()} `.repeat(number % 3 === 0 ? 20 : 1)
    const began = performance.now()
    try {
      const { version } = await fs.write(path, content)
      this.#attempts.push({ path, content, outcome: 'acknowledged', version })
    } catch (error) {
      this.#failed(path, content, error)
    }
    this.#slowestMs = Math.max(this.#slowestMs, performance.now() - began)
  }

  /** Reads every version of every path. */
  async check(fs: NexusFS): Promise<HistoryReport> {
    for (const [path, attempts] of Map.groupBy(this.#attempts, (attempt) => attempt.path)) {
      await this.#checkPath(fs, path, attempts)
    }
    const count = (outcome: Attempt['outcome']): number => this.#attempts.filter((attempt) => attempt.outcome === outcome).length
    return {
      acknowledged: count('acknowledged'),
      refused: count('none'),
      unknown: count('unknown'),
      slowestMs: this.#slowestMs,
      violations: this.#violations,
    }
  }

  #failed(path: string, content: string, error: unknown): void {
    if (!isNexusError(error)) this.#violations.push(`${path}: an untyped error: ${String(error)}`)
    else if (!this.#allowed.includes(error.code)) this.#violations.push(`${path}: ${error.code}: ${error.message}`)
    this.#attempts.push({ path, content, outcome: isNexusError(error) ? outcomeOf(error) : 'unknown', version: undefined })
  }

  async #checkPath(fs: NexusFS, path: string, attempts: readonly Attempt[]): Promise<void> {
    const versionsOf = await versionsByContent(fs, path)
    const known = new Set(attempts.map(({ content }) => content))
    for (const [content, versions] of versionsOf) {
      if (!known.has(content)) this.#violations.push(`${path}: version ${versions.join(' and ')} was written by nobody`)
      else if (versions.length > 1) this.#violations.push(`${path}: one write made the versions ${versions.join(' and ')}`)
    }
    for (const { content, outcome, version } of attempts) {
      const [found] = versionsOf.get(content) ?? []
      if (outcome === 'acknowledged' && found === undefined)
        this.#violations.push(`${path}: version ${version} was acknowledged and is lost`)
      if (outcome === 'acknowledged' && found !== undefined && found !== version)
        this.#violations.push(`${path}: told version ${version}, and it is ${found}`)
      if (outcome === 'none' && found !== undefined)
        this.#violations.push(`${path}: told that nothing was written, and it is version ${found}`)
    }
  }
}

/** A read that comes before the commit says nothing of an outcome: nothing was written. */
function outcomeOf(error: NexusError): 'none' | 'unknown' {
  return error.outcome === 'unknown' ? 'unknown' : 'none'
}

async function versionsByContent(fs: NexusFS, path: string): Promise<ReadonlyMap<string, readonly number[]>> {
  const found = new Map<string, number[]>()
  if (!(await fs.exists(path))) return found
  for await (const { version } of fs.versions(path)) {
    const content = await fs.readText(path, { version })
    found.set(content, [...(found.get(content) ?? []), version])
  }
  return found
}
