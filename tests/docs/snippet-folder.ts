import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { root } from './documents.ts'

/** An empty folder as a reader of the documents has it: the packages can be imported, and the commands are on the PATH. */
export interface SnippetFolder extends AsyncDisposable {
  readonly path: string
  readonly env: NodeJS.ProcessEnv
}

/** `nexus` runs from source; `npx` runs what is on the PATH, without the second that npm itself takes. */
const commands: Readonly<Record<string, string>> = {
  nexus: `exec "${process.execPath}" --conditions=nexus-source "${join(root, 'packages/cli/bin/nexus.js')}" "$@"`,
  node: `exec "${process.execPath}" --conditions=nexus-source "$@"`,
  npx: '[ "$1" != --no-install ] || shift; exec "$@"',
}

/** @param variables of the environment beside PATH and HOME; those of the caller stay outside. */
export async function makeSnippetFolder(variables: Readonly<Record<string, string>> = {}): Promise<SnippetFolder> {
  const place = await mkdtemp(join(tmpdir(), 'nexus-docs-'))
  const [path, bin] = [join(place, 'work'), join(place, 'bin')]
  for (const folder of [path, bin]) await mkdir(folder)
  await symlink(join(root, 'node_modules'), join(path, 'node_modules'))
  await writeFile(join(path, 'package.json'), '{ "type": "module", "private": true }\n')
  for (const [name, line] of Object.entries(commands)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${line}\n`)
    await chmod(join(bin, name), 0o755)
  }
  const { PATH = '/usr/bin:/bin' } = process.env
  return {
    path,
    env: {
      PATH: [bin, PATH, dirname(process.execPath)].join(delimiter),
      HOME: place,
      NEXUS_AUTHOR: 'you',
      NODE_COMPILE_CACHE: join(place, 'cache'),
      NO_COLOR: '1',
      ...variables,
    },
    [Symbol.asyncDispose]: () => rm(place, { recursive: true, force: true }),
  }
}
