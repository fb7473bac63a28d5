import { randomUUID } from 'node:crypto'

/** The answer to one request out of a batch. */
export interface BatchAnswer {
  readonly status: number
  /** What follows its headers. */
  readonly body: string
}

/** A batch of requests to delete, as `multipart/mixed`: one HTTP request. */
export function deleteBatch(paths: readonly string[]): { readonly contentType: string; readonly body: Uint8Array<ArrayBuffer> } {
  const boundary = `nexus-${randomUUID()}`
  const parts = paths.map((path, index) =>
    [
      `--${boundary}`,
      'Content-Type: application/http',
      'Content-Transfer-Encoding: binary',
      `Content-ID: <${index + 1}>`,
      '',
      `DELETE ${path} HTTP/1.1`,
      '',
      '',
    ].join('\r\n'),
  )
  const body = new Uint8Array(Buffer.from(`${parts.join('\r\n')}\r\n--${boundary}--\r\n`))
  return { contentType: `multipart/mixed; boundary=${boundary}`, body }
}

/** The answers by the position of their requests in the batch; they may come in any order, and some may be missing. */
export function batchAnswers(contentType: string, text: string): ReadonlyMap<number, BatchAnswer> {
  const boundary = /boundary="?([^";]+)"?/.exec(contentType)?.[1]
  const answers = new Map<number, BatchAnswer>()
  if (boundary === undefined) return answers
  const parts = text.split(`--${boundary}`).slice(1)
  for (const [index, part] of parts.entries()) {
    const status = /^HTTP\/[\d.]+ (\d{3})/m.exec(part)
    if (status === null) continue
    const position = Number(/^content-id:\s*<?response-<?.*?(\d+)>?\s*$/im.exec(part)?.[1] ?? index + 1)
    const [, ...rest] = part.slice(status.index).split(/\r?\n\r?\n/)
    answers.set(position - 1, { status: Number(status[1]), body: rest.join('\n\n') })
  }
  return answers
}
