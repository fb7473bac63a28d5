import { parseNamedPath } from '../../core/path.ts'
import type { FsContext } from '../commit/context.ts'
import { refusedLinks } from '../model/left-out.ts'
import type { ImportOptions, TransferReport } from '../model/options.ts'
import { tell } from '../operations/calls.ts'
import { notFound, requireNoFileAbove } from '../resolve/expect-path.ts'
import { Exclusion } from './exclude.ts'
import { type ImportRun, ImportTally, importBatch } from './import-batch.ts'
import { requireLocalPath } from './local-error.ts'
import { type LocalItem, type SurveyOptions, surveyLocal } from './local-survey.ts'
import { StoreFiles } from './store-files.ts'

/** A batch is one commit: at most this many files, directories and links, and bytes of content (one larger file alone). */
const batchItems = 400
const batchBytes = 8 * 1024 * 1024

/**
 * Commits batch after batch, as the survey comes upon what there is; what is there already and the same is left alone, so that an
 * interrupted import can be run again. What cannot be imported is left out and listed.
 */
export async function importTree(fs: FsContext, source: string, path: string, options: ImportOptions): Promise<TransferReport> {
  const named = parseNamedPath(path)
  requireLocalPath('import', source)
  const { signal } = options
  const exclusion = new Exclusion(options.exclude)
  const storeFiles = await StoreFiles.ofThisProcess()
  await storeFiles.refuse('import', source, { mayHold: true })
  const { resolved } = await fs.resolver.resolve(named, { signal })
  requireNoFileAbove(resolved)
  if (resolved.obstacle?.kind === 'dangling') throw notFound(resolved)
  const tally = new ImportTally()
  const leaveOut: SurveyOptions['leaveOut'] = (what) => tally.leaveOut(what)
  const survey: SurveyOptions = { links: options.links, signal, exclusion, target: resolved.path, storeFiles, leaveOut }
  await lookAhead(source, survey, options, tally)
  const isNew = resolved.bound === undefined && resolved.directory === undefined
  const run: ImportRun = {
    options,
    local: { signal, storeFiles },
    exclusion,
    tally,
    isNew,
    blocked: undefined,
    cleared: undefined,
  }
  for await (const batch of oneAhead(batchesOf(surveyLocal(source, survey)))) {
    await importBatch(fs, batch, run)
    tell(options.onProgress, tally.progress())
  }
  return tally.report()
}

/**
 * Counts what is to come, for those who watch, and for what has to be known before anything is imported.
 * @throws {NexusError} InvalidArgument with a list of links that are to be refused
 */
async function lookAhead(
  source: string,
  survey: SurveyOptions,
  { links, onProgress }: ImportOptions,
  tally: ImportTally,
): Promise<void> {
  if (links !== 'refuse' && links !== 'follow' && onProgress === undefined) return
  const refused: string[] = []
  let refusals = 0
  const leaveOut: SurveyOptions['leaveOut'] = ({ path, why }) => {
    if (links === 'refuse' && why === 'link' && ++refusals <= 10) refused.push(path)
  }
  for await (const item of surveyLocal(source, { ...survey, leaveOut })) tally.expect(item)
  if (refusals > 0) throw refusedLinks(refused, refusals)
}

async function* batchesOf(items: AsyncIterable<LocalItem>): AsyncGenerator<readonly LocalItem[], void, undefined> {
  let batch: LocalItem[] = []
  let bytes = 0
  for await (const item of items) {
    const size = item.kind === 'file' ? Number(item.seen.size) : 0
    if (batch.length > 0 && (batch.length >= batchItems || bytes + size > batchBytes)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(item)
    bytes += size
  }
  if (batch.length > 0) yield batch
}

/** The next is on its way while one is worked on. */
async function* oneAhead<T>(values: AsyncGenerator<T, void, undefined>): AsyncGenerator<T, void, undefined> {
  const ask = (): Promise<IteratorResult<T, void>> => {
    const asked = values.next()
    // It fails where it is awaited.
    asked.catch(() => {})
    return asked
  }
  let coming = ask()
  try {
    for (let next = await coming; !next.done; next = await coming) {
      coming = ask()
      yield next.value
    }
  } finally {
    await coming.catch(() => {})
    await values.return()
  }
}
