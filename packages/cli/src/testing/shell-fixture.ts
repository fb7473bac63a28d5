import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { binary, makeQuickFixture, runNexus, temporaryFolder } from './run-nexus.ts'

/** A store with a few paths, the command on the PATH, and the script of a shell beside it. */
export interface ShellFixture extends Disposable {
  readonly cwd: string
  readonly script: string
  readonly env: Readonly<Record<string, string>>
}

/** Paths of the store: `/plans/q3.md`, `/plans/a b.md`, `/plans/old/`, `/top.md`; in the store `other`: `/elsewhere`. */
export async function makeShellFixture(shell: 'bash' | 'zsh' | 'fish'): Promise<ShellFixture> {
  const folder = temporaryFolder()
  const cwd = join(folder.path, 'fixture')
  const bin = join(folder.path, 'bin')
  makeQuickFixture(cwd)
  mkdirSync(bin)
  const programs = {
    nexus: `exec "${process.execPath}" --conditions=nexus-source "${binary}" "$@"`,
    // A busy machine may take longer than the script waits for a person.
    timeout: 'shift; exec "$@"',
  }
  for (const [name, line] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${line}\n`)
    chmodSync(join(bin, name), 0o755)
  }
  for (const line of [
    'init',
    'init --store ./other',
    'mkdir /plans/old -p',
    'write /plans/q3.md --text x',
    'write /top.md --text x',
  ]) {
    await runNexus(line.split(' '), { cwd })
  }
  await runNexus(['write', '/plans/a b.md', '--text', 'x'], { cwd })
  await runNexus(['write', '/elsewhere', '--text', 'x', '--store', './other'], { cwd })
  const script = join(folder.path, `completion.${shell}`)
  writeFileSync(script, (await runNexus(['completion', shell], { cwd })).stdout)
  const { PATH = '' } = process.env
  const env = { PATH: [bin, dirname(process.execPath), PATH].join(':'), HOME: folder.path, TERM: 'xterm', LC_ALL: 'C.UTF-8' }
  return { cwd, script, env, [Symbol.dispose]: () => folder[Symbol.dispose]() }
}
