import type { FaultMode } from './fault-plan.ts'

/** Bytes as a broken medium would give them; any other mode leaves them as they are. */
export function spoilBytes(bytes: Uint8Array<ArrayBuffer>, mode: FaultMode): Uint8Array<ArrayBuffer> {
  if (mode.kind === 'short') return bytes.slice(0, Math.max(0, bytes.length - 1))
  if (mode.kind !== 'flip' || bytes.length === 0) return bytes
  const spoiled = bytes.slice()
  const at = Math.min(mode.offset ?? 0, bytes.length - 1)
  spoiled[at] = (spoiled[at] ?? 0) ^ 1
  return spoiled
}

/** The same for bytes that come in pieces; `offset` beyond them flips nothing. */
export async function* spoilPieces(
  pieces: AsyncIterable<Uint8Array<ArrayBuffer>>,
  mode: FaultMode,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  let offset = mode.kind === 'flip' ? (mode.offset ?? 0) : -1
  let held: Uint8Array<ArrayBuffer> | undefined
  for await (const piece of pieces) {
    const isHere = offset >= 0 && offset < piece.length
    const next = isHere ? spoilBytes(piece, { kind: 'flip', offset }) : piece
    offset -= piece.length
    if (held !== undefined) yield held
    held = next
  }
  if (held !== undefined) yield spoilBytes(held, mode.kind === 'short' ? mode : { kind: 'after' })
}
