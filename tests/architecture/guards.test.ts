// Guards: packages/nexusfs/src/**/*.test.ts, tests/**/*.test.ts

import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, it } from 'vitest'

const root = process.cwd()
/** Paths in the first line of a test begin in one of these. */
const beginnings = ['packages/nexusfs/src', '.']

const tests = globSync(['packages/nexusfs/src/**/*.test.ts', 'tests/**/*.test.ts'], { cwd: root }).sort()
const ofTopics = tests.filter((test) => !existsSync(join(root, sourceBeside(test))))

/** `stat.ts` for `stat.test.ts`, `stat.ci.test.ts` and `stat.full.test.ts`. */
function sourceBeside(test: string): string {
  return join(dirname(test), basename(test).replace(/(?:\.ci|\.full)?\.test\.ts$/, '.ts'))
}

/** What is wrong with the first line of a test, if anything. */
function fault(test: string, text: string): string | undefined {
  const [, guarded] = /^\/\/ Guards: (\S.*)\n/.exec(text) ?? []
  if (guarded === undefined) return `${test}: its first line is not "// Guards: FILE, FILE"`
  const gone = guarded
    .split(', ')
    .find((path) => beginnings.every((from) => globSync(join(from, path), { cwd: root }).length === 0))
  return gone === undefined ? undefined : `${test}: guards ${gone}, which is not there`
}

describe('a test of a topic, which has no source file of its name beside it', () => {
  it('says in its first line which files it guards', () => {
    assert.ok(ofTopics.length >= 100, `only ${ofTopics.length} such tests were seen`)
    const faults = ofTopics.map((test) => fault(test, readFileSync(join(root, test), 'utf8')))
    assert.deepEqual(
      faults.filter((each) => each !== undefined),
      [],
    )
  })

  it('is found out where it does not, or names what is gone', () => {
    assert.match(fault('a.test.ts', "import 'x'\n") ?? '', /its first line/)
    assert.match(fault('a.test.ts', '// Guards: fs/nexus-fs.ts, fs/gone.ts\n') ?? '', /guards fs\/gone\.ts/)
    assert.equal(fault('a.test.ts', '// Guards: fs/nexus-fs.ts, tests/**/*.test.ts\n'), undefined)
  })
})
