// Guards: scripts/update-output.ts, docs/benchmarks.md, CONTRIBUTING.md

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, it } from 'vitest'
import { recorded, withOutput } from '../../scripts/update-output.ts'
import { readDocument, root } from './documents.ts'

const benchOutput = `
> nexus@0.1.0 bench
> node packages/cli/bin/nexus.js bench run --preset quick

Nexus benchmarks: quick, done, seed abcd1234
Example CPU, 2 cores, 8 GiB

throughput
combination   class
  local_fs    os

summary: time / time of the baseline; below 1 Nexus is faster
workload                     local-sqlite / local_fs+fsync
throughput/write[size=1KiB]  0.49x [0.47, 0.50]

notes
- a note

results  /srv/nexus/.nexus-bench/example/0001_quick.json
page     /srv/nexus/.nexus-bench/RESULTS.md
`

const testOutput = `
 ✓ a.test.ts (3 tests)
 Test Files  1 passed (1)

not run here: 5 suites that need root, strace or real servers; they run with: npm run test:ci
  a.ci.test.ts
  b.ci.test.ts
  c.ci.test.ts
  d.ci.test.ts
  e.ci.test.ts
skipped: x.test.ts: something (needs GNU dd)
slowest: a.test.ts 1.0 s
tier fast: 100 s
3 passed, 0 failed, 1 skipped
`

const trim = (command: string, output: string): string | undefined => recorded[command]?.trim(output)

describe('what docs/benchmarks.md shows of a run', () => {
  it('is the machine, the summary and where the results are, without the way there', () => {
    assert.equal(
      trim('npm run bench', benchOutput),
      `Nexus benchmarks: quick, done, seed abcd1234
Example CPU, 2 cores, 8 GiB
...
summary: time / time of the baseline; below 1 Nexus is faster
workload                     local-sqlite / local_fs+fsync
throughput/write[size=1KiB]  0.49x [0.47, 0.50]
...
results  .nexus-bench/example/0001_quick.json
page     .nexus-bench/RESULTS.md`,
    )
  })

  it('is nothing if the run was interrupted or a workload is void', () => {
    assert.throws(() => trim('npm run bench', benchOutput.replace('quick, done', 'quick, interrupted')), /did not end/)
    assert.throws(() => trim('npm run bench', benchOutput.replace('0.49x [0.47, 0.50]', 'void')), /failed/)
  })
})

describe('what CONTRIBUTING.md shows of the tests', () => {
  it('is what was left out and why, and the counts', () => {
    assert.equal(
      trim('npm test', testOutput),
      `not run here: 5 suites that need root, strace or real servers; they run with: npm run test:ci
  a.ci.test.ts
  b.ci.test.ts
  c.ci.test.ts
  ...
skipped: x.test.ts: something (needs GNU dd)
slowest: a.test.ts 1.0 s
tier fast: 100 s
3 passed, 0 failed, 1 skipped`,
    )
  })

  it('is nothing if a test failed', () => {
    assert.throws(() => trim('npm test', testOutput.replace('0 failed', '1 failed')), /without a failure/)
  })
})

describe('a document', () => {
  it('takes the output between its markers, again and again', () => {
    const document = 'a\n<!-- output of npm test -->\n<!-- end of output -->\nb\n'
    const once = withOutput(document, 'npm test', 'one')
    assert.equal(once, 'a\n<!-- output of npm test -->\n```text\none\n```\n<!-- end of output -->\nb\n')
    assert.equal(withOutput(withOutput(once, 'npm test', 'two'), 'npm test', 'one'), once)
    assert.throws(() => withOutput('a', 'npm test', 'one'), /no markers/)
  })

  it('has markers for each command, which the script finds', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nexus-output-test-'))
    try {
      for (const file of ['scripts/update-output.ts', 'docs/benchmarks.md', 'CONTRIBUTING.md']) {
        await mkdir(dirname(join(folder, file)), { recursive: true })
        await cp(join(root, file), join(folder, file))
      }
      await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
      await writeFile(join(folder, 'bench.txt'), `\u001b[1m${benchOutput}\u001b[0m`)
      await writeFile(join(folder, 'test.txt'), testOutput)
      await promisify(execFile)(process.execPath, ['scripts/update-output.ts', '--from', folder], { cwd: folder })
      const read = (file: string): Promise<string> => readFile(join(folder, file), 'utf8')
      const [benchmarks, contributing] = [await read('docs/benchmarks.md'), await read('CONTRIBUTING.md')]
      assert.match(benchmarks, /<!-- output of npm run bench -->\n```text\nNexus benchmarks: quick, done, seed abcd1234\n/)
      assert.match(contributing, /tier fast: 100 s\n3 passed, 0 failed, 1 skipped\n```\n<!-- end of output -->/)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('shows only what such a run has printed, and the README names both commands', () => {
    const readme = readDocument('README.md')
    for (const [command, { document }] of Object.entries(recorded)) {
      assert.ok(readme.includes(command), command)
      assert.match(readDocument(document), new RegExp(`<!-- output of ${command} -->\n\`\`\`text\n`))
    }
  })
})
