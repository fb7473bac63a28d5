import type { StagedBlob } from 'nexusfs'
import { NexusError } from 'nexusfs/errors'
import { clients, except, hasBlob, type StorageMutant, stageOf } from './wrong-backend.ts'

export const stageMutants: readonly StorageMutant[] = [
  {
    id: 'stages-though-it-says-no',
    breaks: 'stage-unsupported',
    description: 'stage works although the capability is false',
    mutate: clients((port) => ({
      info: { ...port.info, capabilities: { ...port.info.capabilities, staging: false } },
    })),
  },
  {
    id: 'cannot-stage-and-does-not-say-so',
    breaks: 'stage-unsupported',
    description: 'stage fails with another code than Unsupported',
    mutate: clients((port) => ({
      info: { ...port.info, capabilities: { ...port.info.capabilities, staging: false } },
      async stage() {
        throw new NexusError('Unexpected', 'stage is not a function')
      },
    })),
  },
  {
    id: 'publishes-too-much',
    breaks: 'stage-publish',
    description: 'a published body of more than 60,000 bytes has a wrong first byte',
    mutate: clients((port) => ({
      async stage(body, options) {
        const isWrong = body instanceof Uint8Array && body.length > 60_000
        return stageOf(port)(isWrong ? body.map((byte, at) => (at === 0 ? byte ^ 0xff : byte)) : body, options)
      },
    })),
  },
  {
    id: 'stages-in-sight',
    breaks: 'stage-hidden',
    description: 'staged bytes are listed until they are published or discarded',
    mutate: clients((port) => ({
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
  },
  {
    id: 'discards-badly',
    breaks: 'stage-discard',
    description: 'discard leaves a blob of some key',
    mutate: clients((port) => ({
      async stage(body, options) {
        const staged = await stageOf(port)(body, options)
        return {
          publish: (key, publishOptions) => staged.publish(key, publishOptions),
          discard: () => staged.publish('discarded/here'),
        }
      },
    })),
  },
  {
    id: 'stages-any-size',
    breaks: 'stage-size',
    description: 'the size is ignored where the staged body is an array',
    mutate: clients((port) => ({
      stage: (body, options) => stageOf(port)(body, body instanceof Uint8Array ? { ...options, size: body.length } : options),
    })),
  },
  {
    id: 'stages-the-array',
    breaks: 'stage-owns-nothing',
    description: 'the array that was staged is kept, not its bytes',
    mutate: clients((port) => ({
      async stage(body, options) {
        const staged = await stageOf(port)(body, options)
        if (!(body instanceof Uint8Array)) return staged
        return {
          publish: (key, publishOptions) => port.put(key, body, { ...publishOptions, size: body.length }),
          discard: () => staged.discard(),
        }
      },
    })),
  },
  {
    id: 'publishes-once',
    breaks: 'stage-again',
    description: 'publish where a blob is already is refused',
    mutate: clients((port) => ({
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
  },
  {
    id: 'publishes-the-last',
    breaks: 'stage-side-by-side',
    description: 'publish takes the body that was staged last',
    mutate: clients((port) => {
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
  },
  {
    id: 'forgets-published-at-close',
    breaks: 'stage-durable',
    description: 'what a client published is gone once it is closed',
    mutate: clients((port) => {
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
  },
  {
    id: 'publishes-after-close',
    breaks: 'stage-left',
    description: 'publish after close pretends to succeed',
    mutate: clients((port) => ({
      async stage(body, options) {
        const staged = await stageOf(port)(body, options)
        return {
          publish: (key, publishOptions) => except('Closed', staged.publish(key, publishOptions), () => {}),
          discard: () => staged.discard(),
        }
      },
    })),
  },
]
