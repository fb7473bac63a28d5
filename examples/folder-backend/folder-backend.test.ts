import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { registerLaws } from '@nexusfs/conformance'
import folderSubject from './folder-subject.ts'

const folder = await mkdtemp(join(tmpdir(), 'folder-backend-'))
after(() => rm(folder, { recursive: true, force: true }))

registerLaws(folderSubject(folder), { describe, it })
