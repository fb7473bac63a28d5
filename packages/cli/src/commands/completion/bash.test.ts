import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { runNexus } from '../../testing/run-nexus.ts'
import { makeShellFixture, type ShellFixture } from '../../testing/shell-fixture.ts'

let fixture: ShellFixture
beforeAll(async () => {
  fixture = await makeShellFixture('bash')
})
afterAll(() => fixture[Symbol.dispose]())

/** What bash is offered behind each line; the last word is the one that is completed. */
function offered(lines: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const tries = lines.map((words) => `try nexus ${words.map((word) => `'${word}'`).join(' ')}`)
  const script = [
    `source '${fixture.script}'`,
    'complete -p nexus',
    `try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _nexus; (IFS="|"; echo "\${COMPREPLY[*]}"); }`,
    ...tries,
  ]
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script.join('\n')], {
    cwd: fixture.cwd,
    env: fixture.env,
    encoding: 'utf8',
  })
  assert.equal(stderr, '')
  const [registered, ...answers] = stdout.split('\n').slice(0, -1)
  assert.equal(registered, 'complete -F _nexus nexus')
  return answers.map((answer) => answer.split('|').filter((word) => word !== ''))
}

describe('completion in bash', () => {
  it('offers commands, their commands, options and choices', () => {
    const cases: readonly [readonly string[], readonly string[]][] = [
      [['wr'], ['write']],
      [
        ['bench', ''],
        ['run', 'list', 'report'],
      ],
      [['--json', 'bench', 'l'], ['list']],
      [['ls', '--l'], ['--long']],
      [
        ['log', '--st'],
        ['--store', '--storage'],
      ],
      [
        ['bench', 'run', '--preset', ''],
        ['quick', 'targets', 'all'],
      ],
      [['import', 'x', '/y', '--links', 'k'], ['keep']],
      [['help', 'up'], []],
      [['help', 'bac'], ['backup']],
      [
        ['completion', ''],
        ['bash', 'zsh', 'fish'],
      ],
      [['chmod', ''], []],
    ]
    assert.deepEqual(
      offered(cases.map(([words]) => words)),
      cases.map(([, words]) => words),
    )
  })

  it('offers paths of the store, and of this machine where they are meant', () => {
    const cases: readonly [readonly string[], readonly string[]][] = [
      [['ls', ''], ['/']],
      [
        ['ls', '/'],
        ['/plans/', '/top.md'],
      ],
      [
        ['cat', '/top.md', '/plans/'],
        ['/plans/a\\ b.md', '/plans/old/', '/plans/q3.md'],
      ],
      [['mv', '-m', 'why', '/plans/a\\ '], ['/plans/a\\ b.md']],
      [['cat', '--store', './other', '/'], ['/elsewhere']],
      [['cat', '--store', './none', '/'], []],
      [['--store', 'oth'], ['other']],
      [['write', '/x', 'nexus.c'], ['nexus.config.json']],
    ]
    assert.deepEqual(
      offered(cases.map(([words]) => words)),
      cases.map(([, words]) => words),
    )
  })

  it('prints a script as JSON, and refuses other shells', async () => {
    const { stdout } = await runNexus(['completion', 'bash', '--json'], { cwd: fixture.cwd })
    assert.equal(JSON.parse(stdout).shell, 'bash')
    const { code, stderr } = await runNexus(['completion', 'tcsh'], { cwd: fixture.cwd })
    assert.equal(code, 2)
    assert.match(stderr, /'tcsh' is wrong for <shell>: .*bash, zsh, fish; see `nexus completion --help`\n$/)
  })
})
