import { LawBroken } from '../expect.ts'
import type { ConformancePort, ConformanceSubject, OtherClient } from '../law.ts'
import { OtherProcess } from './other-process.ts'

/** One for all laws of a subject, since a start takes longer than most laws. */
const running = new WeakMap<object, Promise<OtherProcess>>()

/** What the runner of a law has of the other process. */
export interface OtherNamespace extends OtherClient {
  /** Closes the client there, if one was opened. */
  close(): Promise<void>
  /** Ends the process, for what runs there may never end. */
  end(): void
}

/** A client of the namespace in the other process of a subject, which is started if there is none. */
export async function openInOtherProcess<Port extends ConformancePort>(
  subject: ConformanceSubject<Port>,
  namespace: string,
): Promise<OtherNamespace> {
  const process = await processOf(subject)
  return {
    run: (module, work, ...args) => process.run(namespace, module, work, args),
    close: () => process.close(namespace),
    end: () => process.end(),
  }
}

async function processOf<Port extends ConformancePort>(subject: ConformanceSubject<Port>): Promise<OtherProcess> {
  const { otherProcess } = subject
  if (otherProcess === undefined) throw new LawBroken('the subject names no module for another process')
  const known = await running.get(subject)?.catch(() => undefined)
  if (known !== undefined && !known.hasEnded) return known
  const started = OtherProcess.start(otherProcess)
  running.set(subject, started)
  return await started
}

/** Ends the other process of the subject, if there is one. */
export async function endOtherProcess(subject: object): Promise<void> {
  const process = await running.get(subject)?.catch(() => undefined)
  running.delete(subject)
  process?.end()
}
