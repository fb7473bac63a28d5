import { binaryText, ownBytes } from '../core/bytes.ts'
import type { Key } from './metadata-store.ts'

const texts = new WeakMap<Key, string>()

/**
 * The key as a string for Maps: equal for equal keys. Remembered with the key object, since hot keys are asked for again and again.
 */
export function keyText(key: Key): string {
  const known = texts.get(key)
  if (known !== undefined) return known
  const text = textOf(key)
  texts.set(key, text)
  return text
}

/** The same text, not remembered: to remember a key that is used once costs ten times as much as its text. */
export function keyTextOnce(key: Key): string {
  return texts.get(key) ?? textOf(key)
}

function textOf({ group, item }: Key): string {
  return `${String.fromCharCode(group.length)}${binaryText(group)}${binaryText(item)}`
}

/** The same key for keeping: in memory that it shares with nobody. */
export function ownKey(key: Key): Key {
  const group = ownBytes(key.group)
  const item = ownBytes(key.item)
  return group === key.group && item === key.item ? key : { group, item }
}
