import type { Subject, SubjectFile } from '../subjects/subject.ts'
import type { ContentRef } from '../workloads/content-source.ts'
import type { Step } from './expected-tree.ts'

/** Where the bytes of a round are: made before the clock starts. */
export type ContentOf = (content: ContentRef) => Uint8Array

/** What a step's call answered; which kind, follows from the step. */
export type Outcome =
  | { readonly kind: 'versions'; readonly versions: readonly (number | undefined)[] }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'done' }
  | { readonly kind: 'claim'; readonly claim: boolean }
  | { readonly kind: 'names'; readonly names: readonly string[] }
  | { readonly kind: 'sizes'; readonly entries: readonly { readonly name: string; readonly size: number }[] }

export interface TimedIteration {
  readonly steps: readonly Step[]
  readonly outcomes: readonly Outcome[]
  readonly elapsedNs: number
}

/** A call that is ready to go: nothing is prepared while the clock runs. */
export type ReadyCall = (subject: Subject) => Promise<Outcome>

/** Runs the calls of one iteration and takes the time from the first to the last answer. */
export async function timeIteration(
  subject: Subject,
  steps: readonly Step[],
  calls: readonly ReadyCall[],
  order: 'one-by-one' | 'at-once',
): Promise<TimedIteration> {
  const outcomes: Outcome[] = []
  const start = process.hrtime.bigint()
  if (order === 'one-by-one') for (const call of calls) outcomes.push(await call(subject))
  else outcomes.push(...(await Promise.all(calls.map((call) => call(subject)))))
  const elapsedNs = Number(process.hrtime.bigint() - start)
  return { steps, outcomes, elapsedNs }
}

/** Binds a step to its bytes. */
export function readyCall(step: Step, contentOf: ContentOf): ReadyCall {
  switch (step.kind) {
    case 'write': {
      const { path } = step.file
      const content = contentOf(step.file.content)
      const options = { isNew: step.isNew }
      return async (subject) => ({ kind: 'versions', versions: [await subject.write(path, content, options)] })
    }
    case 'append': {
      const { path } = step.file
      const added = contentOf(step.file.content).subarray(-step.size)
      return async (subject) => ({ kind: 'versions', versions: [await subject.append(path, added)] })
    }
    case 'write-batch': {
      const files: SubjectFile[] = step.files.map((file) => ({ path: file.path, content: contentOf(file.content) }))
      return async (subject) => ({ kind: 'versions', versions: await subject.writeBatch(files) })
    }
    case 'read':
      return async (subject) => ({ kind: 'bytes', bytes: await subject.read(step.path) })
    case 'remove':
      return async (subject) => {
        await subject.remove(step.path)
        return { kind: 'done' }
      }
    case 'exists':
      return async (subject) => ({ kind: 'claim', claim: await subject.exists(step.path) })
    case 'list':
      return async (subject) => ({ kind: 'names', names: await subject.list(step.path) })
    case 'list-stat':
      return async (subject) => ({ kind: 'sizes', entries: await subject.listWithSizes(step.path) })
  }
}
