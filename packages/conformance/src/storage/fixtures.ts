import type { BlobPage, BlobListOptions as ListOptions, StorageBackend } from 'nexusfs'
import { concatBytes, equalBytes } from 'nexusfs/adapter-kit'
import type { SeededRandom } from 'nexusfs/testing'
import { expectBytes, expectEqual, expectThat, LawBroken } from '../expect.ts'
import type { Law, LawContext } from '../law.ts'

export type StorageLaw = Law<StorageBackend>
export type StorageContext = LawContext<StorageBackend>

/** A key nobody has used, of two segments. */
export function anyKey(random: SeededRandom): string {
  return `k${random.integer(10, 99)}/b${random.integer(1_000_000, 9_999_999)}`
}

export async function put(port: StorageBackend, key: string, bytes: Uint8Array): Promise<void> {
  await port.put(key, bytes, { size: bytes.length })
}

/** One small blob at each key; at most 32 puts at a time. */
export async function putAll(port: StorageBackend, keys: readonly string[]): Promise<void> {
  for (let at = 0; at < keys.length; at += 32) {
    await Promise.all(keys.slice(at, at + 32).map((key) => put(port, key, contentOf(key))))
  }
}

/** What `putAll` stores at a key; its length tells most keys apart. */
export function contentOf(key: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${key} `.repeat(1 + (key.charCodeAt(key.length - 1) % 3)))
}

/** The bytes in pieces of at most `pieceBytes`, each a copy. */
export async function* inPieces(bytes: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.slice(at, at + pieceBytes)
}

/** All pieces as one, each copied as it comes; `afterFirst` runs before the second is asked for. */
export async function readAll(
  pieces: AsyncIterable<Uint8Array>,
  afterFirst?: () => Promise<void>,
): Promise<Uint8Array<ArrayBuffer>> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) {
    all.push(new Uint8Array(piece))
    if (all.length === 1) await afterFirst?.()
  }
  return concatBytes(...all)
}

/** @throws {LawBroken} unless `get` gives these bytes */
export async function expectBlob(port: StorageBackend, key: string, bytes: Uint8Array, what: string): Promise<void> {
  expectBytes(await port.get(key), bytes, what, key)
}

/** @throws {LawBroken} unless the blob is one of the bodies, whole */
export function expectOneOf(blob: Uint8Array, bodies: readonly Uint8Array[], key: string): void {
  const isWhole = bodies.some((body) => equalBytes(body, blob))
  const sizes = bodies.map((body) => body.length).join(', ')
  expectThat(isWhole, 'one whole blob is left', { key, expected: `one of the bodies, of ${sizes} bytes`, actual: blob })
}

/** @throws {LawBroken} if `stat` knows a blob of this key */
export async function expectAbsent(port: StorageBackend, key: string, what: string): Promise<void> {
  const [stat] = await port.stat([key])
  expectEqual(stat, undefined, what, key)
}

/**
 * Every page from the first to the last, by following `next`.
 * @throws {LawBroken} if there is no end to them
 */
export async function allPages(port: StorageBackend, options: ListOptions = {}, most = 50): Promise<BlobPage[]> {
  const pages: BlobPage[] = []
  let after = options.after
  while (pages.length < most) {
    const page: BlobPage = await port.list({ ...options, after })
    pages.push(page)
    if (page.next === undefined) return pages
    after = page.next
  }
  throw new LawBroken('following `next` does not end', { expected: `fewer than ${most} pages`, actual: `next: ${after}` })
}

export async function listedKeys(port: StorageBackend, options: ListOptions = {}): Promise<string[]> {
  return (await allPages(port, options)).flatMap((page) => page.blobs.map(({ key }) => key))
}

/** Lets whatever is ready run. */
export async function turns(count = 5): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** The keys the grammar does not know, by what is wrong with them. */
export const badKeys: Readonly<Record<string, string>> = {
  'no text': '',
  'one character': 'a',
  'capital letters': 'AB',
  'a slash at the end': 'ab/',
  'a slash at the beginning': '/ab',
  'an empty segment': 'ab//cd',
  'a segment of one character': 'ab/c',
  'a dot at the beginning': '.ab',
  'a segment that begins with a dot': 'ab/.cd',
  'a way out': 'ab/../../cd',
  'a space': 'ab cd',
  'a NUL': 'ab\u0000cd',
  'a line break': 'ab\n',
  'a backslash': 'ab\\cd',
  'a letter that is not ASCII': 'ab/c\u00e9',
  'a percent sign': 'ab%2fcd',
  'a segment of 101 characters': 'a'.repeat(101),
  '241 characters': `${'a'.repeat(80)}/${'b'.repeat(80)}/${'c'.repeat(79)}`,
}
