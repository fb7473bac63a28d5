/** What the kit starts: opens the namespaces of a subject in a process of its own, and does there what it is asked. */

import { closeQuietly } from '../close-quietly.ts'
import type { ConformancePort, ConformanceSubject } from '../law.ts'
import { loadSubject } from './load-subject.ts'
import { type Numbered, type OtherReply, type OtherRequest, sentError } from './messages.ts'

let subject: ConformanceSubject<ConformancePort> | undefined
const opened = new Map<string, Promise<ConformancePort>>()

async function perform(request: OtherRequest): Promise<unknown> {
  if (request.kind === 'load') {
    subject = await loadSubject(request.module, request.options)
    return undefined
  }
  if (request.kind === 'close') {
    const port = opened.get(request.namespace)
    opened.delete(request.namespace)
    if (port !== undefined) await closeQuietly(await port)
    return undefined
  }
  const { works }: { readonly works: Readonly<Record<string, (...args: readonly unknown[]) => unknown>> } = await import(
    request.module
  )
  return await works[request.work]?.(await openOnce(request.namespace), ...request.args)
}

function openOnce(namespace: string): Promise<ConformancePort> {
  const port = opened.get(namespace) ?? subject?.open(namespace) ?? Promise.reject(new Error('no subject is loaded'))
  opened.set(namespace, port)
  return port
}

async function replyTo(request: OtherRequest): Promise<OtherReply> {
  try {
    return { kind: 'done', value: await perform(request) }
  } catch (error) {
    return { kind: 'failed', error: sentError(error) }
  }
}

process.on('message', async ({ id, message }: Numbered<OtherRequest>) => {
  process.send?.({ id, message: await replyTo(message) } satisfies Numbered<OtherReply>)
})
process.on('disconnect', () => process.exit(0))
