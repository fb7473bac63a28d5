import { binaryText } from '../core/bytes.ts'
import type { Key } from './metadata-store.ts'

const texts = new WeakMap<Key, string>()

/**
 * The key as a string for Maps: equal for equal keys. Remembered with the key object, since hot keys are asked for again and again.
 */
export function keyText(key: Key): string {
  const known = texts.get(key)
  if (known !== undefined) return known
  const text = `${String.fromCharCode(key.group.length)}${binaryText(key.group)}${binaryText(key.item)}`
  texts.set(key, text)
  return text
}
