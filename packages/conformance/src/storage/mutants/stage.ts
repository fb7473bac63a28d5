import type { StagedBlob } from 'nexusfs'
import { NexusError } from 'nexusfs/errors'
import { stageOf } from './keys.ts'
import { except, hasBlob, mutant, type StorageMutant } from './mutant.ts'

export const stageMutants: readonly StorageMutant[] = [
  mutant('stages-though-it-says-no', 'stage-unsupported', 'stage works although the capability is false', (port) => ({
    info: { ...port.info, capabilities: { ...port.info.capabilities, staging: false } },
  })),
  mutant('cannot-stage-and-does-not-say-so', 'stage-unsupported', 'stage fails with another code than Unsupported', (port) => ({
    info: { ...port.info, capabilities: { ...port.info.capabilities, staging: false } },
    async stage() {
      throw new NexusError('Unexpected', 'stage is not a function')
    },
  })),
  mutant('publishes-too-much', 'stage-publish', 'a published body of more than 60,000 bytes has a wrong first byte', (port) => ({
    async stage(body, options) {
      const isWrong = body instanceof Uint8Array && body.length > 60_000
      return stageOf(port)(isWrong ? body.map((byte, at) => (at === 0 ? byte ^ 0xff : byte)) : body, options)
    },
  })),
  mutant('stages-in-sight', 'stage-hidden', 'staged bytes are listed until they are published or discarded', (port) => ({
    async stage(body, options) {
      const staged = await stageOf(port)(body, options)
      await port.put('staged/here', new Uint8Array(), { size: 0 })
      const hide = (): Promise<void> => except('Closed', port.delete(['staged/here']), () => {})
      return {
        publish: (key, publishOptions) => hide().then(() => staged.publish(key, publishOptions)),
        discard: () => hide().then(() => staged.discard()),
      }
    },
  })),
  mutant('discards-badly', 'stage-discard', 'discard leaves a blob of some key', (port) => ({
    async stage(body, options) {
      const staged = await stageOf(port)(body, options)
      return {
        publish: (key, publishOptions) => staged.publish(key, publishOptions),
        discard: () => staged.publish('discarded/here'),
      }
    },
  })),
  mutant('stages-any-size', 'stage-size', 'the size is ignored where the staged body is an array', (port) => ({
    stage: (body, options) => stageOf(port)(body, body instanceof Uint8Array ? { ...options, size: body.length } : options),
  })),
  mutant('stages-the-array', 'stage-owns-nothing', 'the array that was staged is kept, not its bytes', (port) => ({
    async stage(body, options) {
      const staged = await stageOf(port)(body, options)
      if (!(body instanceof Uint8Array)) return staged
      return {
        publish: (key, publishOptions) => port.put(key, body, { ...publishOptions, size: body.length }),
        discard: () => staged.discard(),
      }
    },
  })),
  mutant('publishes-once', 'stage-again', 'publish where a blob is already is refused', (port) => ({
    async stage(body, options) {
      const staged = await stageOf(port)(body, options)
      return {
        async publish(key, publishOptions) {
          if (await hasBlob(port, key)) throw new NexusError('AlreadyExists', `there is a blob ${key}`)
          await staged.publish(key, publishOptions)
        },
        discard: () => staged.discard(),
      }
    },
  })),
  mutant('publishes-the-last', 'stage-side-by-side', 'publish takes the body that was staged last', (port) => {
    let last: StagedBlob | undefined
    return {
      async stage(body, options) {
        const staged = await stageOf(port)(body, options)
        last = staged
        return {
          publish: (key, publishOptions) => (last ?? staged).publish(key, publishOptions),
          discard: () => staged.discard(),
        }
      },
    }
  }),
  mutant('forgets-published-at-close', 'stage-durable', 'what a client published is gone once it is closed', (port) => {
    const unsaved: string[] = []
    return {
      async stage(body, options) {
        const staged = await stageOf(port)(body, options)
        return {
          async publish(key, publishOptions) {
            await staged.publish(key, publishOptions)
            unsaved.push(key)
          },
          discard: () => staged.discard(),
        }
      },
      async close() {
        const lost = unsaved.splice(0)
        if (lost.length > 0) await port.delete(lost)
        await port.close()
      },
    }
  }),
  mutant('publishes-after-close', 'stage-left', 'publish after close pretends to succeed', (port) => ({
    async stage(body, options) {
      const staged = await stageOf(port)(body, options)
      return {
        publish: (key, publishOptions) => except('Closed', staged.publish(key, publishOptions), () => {}),
        discard: () => staged.discard(),
      }
    },
  })),
]
