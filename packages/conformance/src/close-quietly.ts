import { isNexusError } from 'nexusfs/errors'
import type { ConformancePort } from './law.ts'

/** A law may have closed the client before; whether a second close is allowed is for the laws of close alone to say. */
export async function closeQuietly(port: ConformancePort): Promise<void> {
  try {
    await port.close()
  } catch (error) {
    if (!isNexusError(error, 'Closed')) throw error
  }
}
