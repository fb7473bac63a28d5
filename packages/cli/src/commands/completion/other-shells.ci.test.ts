import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, it } from 'vitest'
import { makeShellFixture } from '../../testing/shell-fixture.ts'

describe('completion in fish', () => {
  it('offers commands, options, choices and paths', async () => {
    using fixture = await makeShellFixture('fish')
    const offered = (line: string): readonly string[] => {
      const script = `source '${fixture.script}'; complete -C '${line}'`
      const { stdout, stderr } = spawnSync('fish', ['--no-config', '-c', script], {
        cwd: fixture.cwd,
        env: fixture.env,
        encoding: 'utf8',
      })
      assert.equal(stderr, '', line)
      return stdout.split('\n').flatMap((row) => row.split('\t')[0] || [])
    }
    assert.deepEqual(offered('nexus wr'), ['write'])
    assert.deepEqual(offered('nexus bench '), ['list', 'report', 'run'])
    assert.deepEqual(offered('nexus log --st'), ['--storage', '--store'])
    assert.deepEqual(offered('nexus bench run --preset '), ['all', 'quick', 'targets'])
    assert.deepEqual(offered('nexus cat /plans/'), ['/plans/a b.md', '/plans/old/', '/plans/q3.md'])
    assert.deepEqual(offered('nexus --store ./other cat /'), ['/elsewhere'])
  })
})

describe('completion in zsh', () => {
  it('completes commands, options, choices and paths', async () => {
    using fixture = await makeShellFixture('zsh')
    const cases: readonly [string, string][] = [
      ['nexus wri', 'nexus write'],
      ['nexus bench rep', 'nexus bench report'],
      ['nexus ls --lo', 'nexus ls --long'],
      ['nexus bench run --preset qu', 'nexus bench run --preset quick'],
      ['nexus ls /pl', 'nexus ls /plans/'],
      ['nexus cat /top.md /plans/q', 'nexus cat /top.md /plans/q3.md'],
      ['nexus --store ./other cat /el', 'nexus --store ./other cat /elsewhere'],
      ['nexus cat --store ./other /el', 'nexus cat --store ./other /elsewhere'],
    ]
    const { stdout, stderr } = spawnSync('zsh', ['-f', '-c', typed(fixture.script, cases)], {
      cwd: fixture.cwd,
      env: fixture.env,
      encoding: 'utf8',
      timeout: 120_000,
    })
    assert.equal(stderr, '')
    assert.deepEqual(
      stdout.trimEnd().split('\n'),
      cases.map(([, completed]) => completed),
    )
  })
})

/** Types each line and a Tab into a terminal with a zsh, which then writes what stands in its line into a file. */
function typed(script: string, cases: readonly (readonly [string, string])[]): string {
  const keep = 'keep() { print -r -- "$BUFFER" >> typed; BUFFER=; zle redisplay }'
  const begin = `autoload -Uz compinit; compinit -u -D; source ${script}; ${keep}; zle -N keep; bindkey "^I" complete-word "^O" keep; : > typed`
  return [
    'zmodload zsh/zpty',
    'zpty z zsh -f -i',
    `zpty -w z '${begin}'`,
    // Lines of the file, and patience with a busy machine.
    'wait_for() { local n; for ((n = 0; n < 600; n++)); do drain; [[ -e typed && $(wc -l < typed) -eq $1 ]] && return; sleep 0.05; done }',
    'drain() { local piece; while zpty -r -t z piece; do :; done }',
    'wait_for 0',
    ...cases.map(([line], index) => `zpty -w -n z '${line}'$'\\t\\x0f'; wait_for ${index + 1}`),
    'zpty -d z',
    'sed "s/ *$//" typed',
  ].join('\n')
}
