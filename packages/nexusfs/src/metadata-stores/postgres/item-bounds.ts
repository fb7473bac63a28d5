import { limits } from '../../core/limits.ts'

/** Above every item: longer than any key may be, of the highest byte. SQL has no value for "no bound" that an index could use. */
export const upperBound: Uint8Array<ArrayBuffer> = new Uint8Array(limits.keyBytes + 1).fill(0xff)
