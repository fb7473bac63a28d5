import assert from 'node:assert/strict'
import { join } from 'node:path'
import { makeQuickFixture, type Outcome, type Run, runNexus, temporaryFolder } from './run-nexus.ts'

/** A folder with a new, quick store for each case of a test file; the author of its changes is `tester`. */
export class CaseFolder {
  readonly #folder = temporaryFolder()
  #cases = 0

  /** The folder of the case that runs now. */
  get cwd(): string {
    return join(this.#folder.path, `case-${this.#cases}`)
  }

  async next(): Promise<void> {
    this.#cases += 1
    makeQuickFixture(this.cwd)
    await this.nexus('init --store quick')
  }

  /** Runs a command line that is to succeed, and gives its stdout. Words are split at blanks. */
  readonly nexus = async (line: string, run: Partial<Run> = {}): Promise<string> => {
    const { code, stdout, stderr } = await this.tryNexus(line, run)
    assert.equal(stderr, '', line)
    assert.equal(code, 0, line)
    return stdout
  }

  readonly tryNexus = (line: string, run: Partial<Run> = {}): Promise<Outcome> => {
    return runNexus(line.split(' '), { cwd: this.cwd, env: { NEXUS_AUTHOR: 'tester' }, ...run })
  }

  /** The JSON value that a command answers. */
  readonly json = async (line: string): Promise<unknown> => {
    return JSON.parse(await this.nexus(`${line} --json`))
  }

  /** After the last case. */
  remove(): void {
    this.#folder[Symbol.dispose]()
  }
}

export function jsonLines(text: string): readonly Readonly<Record<string, unknown>>[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

/** Minutes change while tests run; sizes and names do not. */
export function withoutTimes(text: string): string {
  return text.replace(/\d{4}-\d\d-\d\d \d\d:\d\d [+-]\d{4}/g, 'TIME')
}
