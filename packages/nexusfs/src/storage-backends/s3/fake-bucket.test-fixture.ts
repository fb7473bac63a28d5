import assert from 'node:assert/strict'
import { type ErrorCode, isNexusError, type NexusError } from '../../core/errors.ts'
import type { S3BackendOptions } from './options.ts'
import { S3Backend } from './s3-backend.ts'
import { fakeBucket, S3Fake } from './s3-fake.test-fixture.ts'

export const partBytes = 1_000

/** A fake of its own for each test file, and what opens backends on it. */
export class FakeBucket implements AsyncDisposable {
  readonly fake: S3Fake
  readonly options: S3BackendOptions
  /** Between attempts; they are remembered and not waited for. */
  readonly pauses: number[] = []
  readonly #opened: S3Backend[] = []

  static async start(): Promise<FakeBucket> {
    return new FakeBucket(await S3Fake.start())
  }

  private constructor(fake: S3Fake) {
    this.fake = fake
    this.options = {
      bucket: fakeBucket,
      prefix: 'test',
      endpoint: fake.endpoint,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'AKIACANARY', secretAccessKey: 'canary-secret', sessionToken: 'canary-token' },
    }
  }

  /** Its parts have `partBytes`; what opening asked is forgotten. */
  async open(changes: Partial<S3BackendOptions> = {}): Promise<S3Backend> {
    const sleep = async (ms: number): Promise<void> => {
      this.pauses.push(ms)
    }
    const backend = await S3Backend.open({ ...this.options, ...changes }, { limits: { partBytes }, retry: { clock: { sleep } } })
    this.#opened.push(backend)
    this.fake.reset()
    return backend
  }

  /** An empty bucket, and nothing that is to fail. */
  clear(): void {
    this.fake.reset()
    this.fake.objects.clear()
    this.fake.uploads.clear()
    this.pauses.length = 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#opened.map((backend) => backend.close()))
    await this.fake[Symbol.asyncDispose]()
  }
}

export function bytesOf(size: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: size }, (_, index) => (index * 7 + (index >> 8)) & 255)
}

export async function* piecesOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size)
}

/** The error with which `work` fails, which must be of that code. */
export async function failure(work: () => Promise<unknown>, code: ErrorCode): Promise<NexusError> {
  try {
    await work()
  } catch (error) {
    assert.ok(isNexusError(error), String(error))
    assert.equal(error.code, code, error.message)
    return error
  }
  return assert.fail('it did not fail')
}
