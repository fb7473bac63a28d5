import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { metadataLaws, storageLaws } from '@nexusfs/conformance'
import { describe, it } from 'vitest'
import { readDocument } from '../docs/documents.ts'
import { guides, shownFiles } from './guides.ts'

for (const guide of guides) {
  describe(guide.document, () => {
    const files = shownFiles(guide)

    it('shows its example file by file, as it is', () => {
      for (const [name, text] of files) assert.equal(text, readFileSync(join(guide.example, name), 'utf8'), name)
    })

    it('shows all that the example needs', () => {
      const written = globSync(['*.ts', 'package.json'], { cwd: guide.example }).sort()
      assert.deepEqual([...files.keys()].sort(), written)
    })

    it('keeps the adapter short', () => {
      const own = [...files].filter(
        ([name]) => name.endsWith('.ts') && !/^(nexus\.config|crash)|\.test\.|-subject\.ts$/.test(name),
      )
      const lines = own.reduce((sum, [, text]) => sum + text.split('\n').length - 1, 0)
      assert.ok(own.length > 0 && lines <= guide.lines, `${lines} lines; at most ${guide.lines}`)
    })

    it('names laws that exist', () => {
      const laws: readonly { readonly id: string }[] = guide.layer === 'metadata' ? metadataLaws : storageLaws
      const named = lawsNamed(readDocument(guide.document))
      assert.ok(named.length >= 8, `only ${named.length} names were found`)
      for (const name of named) {
        const pattern = new RegExp(`^${name.replace('*', '.*')}$`)
        assert.ok(
          laws.some(({ id }) => pattern.test(id)),
          name,
        )
      }
    })
  })
}

/** Laws stand in the first cell of a table, behind "Law" or "Laws", or behind `--law`. */
function lawsNamed(text: string): readonly string[] {
  const places = [...text.matchAll(/^\| (`[a-z]+-[^|]*) \|/gm), ...text.matchAll(/Laws? ((?:`[a-z-]+\*?`(?:, )?)+)/g)]
  const quoted = places.flatMap(([, place = '']) => [...place.matchAll(/`([a-z0-9-]+\*?)`/g)].map(([, name = '']) => name))
  const asked = [...text.matchAll(/--law ([a-z -]+?)(?: --|`|$)/gm)].flatMap(([, names = '']) => names.split(' '))
  return [...quoted, ...asked].filter((name) => name.includes('-'))
}
