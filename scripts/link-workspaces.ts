import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/*
 * Links each workspace into node_modules as `npm install` does, so that a package which came with a pull is found by a build that
 * follows without another install.
 */

const root = join(import.meta.dirname, '..')
const { workspaces } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly workspaces: readonly string[] }

for (const workspace of workspaces) {
  const { name } = JSON.parse(readFileSync(join(root, workspace, 'package.json'), 'utf8')) as { readonly name: string }
  const link = join(root, 'node_modules', name)
  if (existsSync(link)) continue
  mkdirSync(dirname(link), { recursive: true })
  symlinkSync(relative(dirname(link), join(root, workspace)), link)
}
