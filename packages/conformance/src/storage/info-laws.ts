import { durabilityClasses, storagePortVersion } from 'nexusfs/adapter-kit'
import { expectEqual, expectThat } from '../expect.ts'
import type { StorageLaw } from './fixtures.ts'
import { sentences } from './sentences.ts'

/** The least that the layers above need: a chunk of the largest target, and room for its frames. */
const leastBlobBytes = 16_777_216

/** What a backend says of itself. */
export const infoLaws: readonly StorageLaw[] = [
  {
    id: 'info-plain',
    member: 'info',
    title: 'info has a plain name, the version of this port, a known durability and a usable limit',
    sentence: sentences.info,
    async check({ port }) {
      const { name, portVersion, durability, location, limits } = port.info
      expectThat(/^[a-z][a-z0-9]*$/.test(name), 'info.name', { expected: 'lower-case letters and digits', actual: name })
      expectEqual(portVersion, storagePortVersion, 'info.portVersion')
      expectThat(durabilityClasses.includes(durability), 'info.durability', { expected: durabilityClasses, actual: durability })
      expectThat(location !== '', 'info.location', { expected: 'some text', actual: location })
      const isUsable = Number.isSafeInteger(limits.blobBytes + 1) && limits.blobBytes >= leastBlobBytes
      expectThat(isUsable, 'info.limits.blobBytes', { expected: 'a whole number, at least 16 MiB', actual: limits.blobBytes })
    },
  },
]
