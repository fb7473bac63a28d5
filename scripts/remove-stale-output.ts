import { existsSync, globSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/*
 * Removes what the compiler made of sources that are gone. The compiler leaves it where it is, and `npm pack` would take it along: a
 * package holds what its sources give.
 */

const root = join(import.meta.dirname, '..')

/** Beside its modules, the folder of the command also holds its bundle, which no single source gives. */
const compiled = ['nexusfs', 'conformance', 'bench']

for (const name of compiled) {
  const [sources, output] = [join(root, 'packages', name, 'src'), join(root, 'packages', name, 'dist')]
  for (const file of globSync('**/*.{js,d.ts,map}', { cwd: output })) {
    const source = file.replace(/(\.d\.ts|\.js)(\.map)?$/, '.ts')
    if (!existsSync(join(sources, source))) rmSync(join(output, file))
  }
}
