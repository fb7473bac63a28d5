import { fromHex, toHex } from './bytes.ts'
import type { Random } from './system.ts'

declare const idBrand: unique symbol

/** 16 random bytes as 32 hexadecimal digits: names a file, a directory, a commit, a process or a store. Never reused. */
export type Id = string & { readonly [idBrand]: true }

const pattern = /^[0-9a-f]{32}$/

export function newId(random: Random): Id {
  return toHex(random.bytes(16)) as Id
}

export function isId(text: unknown): text is Id {
  return typeof text === 'string' && pattern.test(text)
}

export function idBytes(id: Id): Uint8Array<ArrayBuffer> {
  return fromHex(id)
}
