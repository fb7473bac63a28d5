// Guards: content/content-cache.ts, fs/operations/own-bytes.ts, fs/operations/read.ts, fs/operations/write.ts

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { fresh, storeFixtures } from './store.test-fixture.ts'

/** In the head; inside the content row; a blob; hashed while it is stored; in memory that is used again. */
const sizes = [1, 128, 129, 4000, 5000, 100_000, 600_000, 1_500_000]

for (const [combination, makeFixture] of Object.entries(storeFixtures)) {
  describe(`buffers, on ${combination}`, () => {
    it("of a caller may change right after the call: what was given is what's written", async () => {
      await using fixture = await makeFixture()
      const fs = await fixture.open()
      for (const size of sizes) {
        const content = fresh(size)
        const given = content.slice()
        const writes = [
          fs.write(`/write/${size}`, given),
          fs.append(`/append/${size}`, given),
          fs.writeBatch([{ path: `/batch/${size}`, content: given }]),
        ]
        given.fill(0xaa)
        await Promise.all(writes)
        const cold = await fixture.open()
        for (const path of [`/write/${size}`, `/append/${size}`, `/batch/${size}`]) {
          assert.ok(Buffer.from(await fs.read(path)).equals(content), path)
          assert.ok(Buffer.from(await cold.read(path)).equals(content), path)
        }
        await cold.close()
      }
    })

    it('that are handed out belong to the caller: changing them changes no later read', async () => {
      await using fixture = await makeFixture()
      const fs = await fixture.open()
      for (const size of sizes) {
        const content = fresh(size)
        await fs.write(`/${size}`, content)
        const handed = [
          await fs.read(`/${size}`),
          (await fs.readWithStat(`/${size}`)).content,
          await fs.readRange(`/${size}`, { start: 0 }),
          await fs.read(`/${size}`, { version: 1 }),
        ]
        await fs.edit(`/edited/${size}`, () => content)
        await fs.edit(`/edited/${size}`, (before) => {
          if (before !== undefined) handed.push(before)
          return content
        })
        for (const bytes of handed) {
          assert.ok(Buffer.from(bytes).equals(content), String(size))
          assert.equal(bytes.constructor, Uint8Array)
          assert.equal(bytes.buffer.byteLength, size, 'the buffer holds bytes of others')
          bytes.fill(0xbb)
        }
        assert.ok(Buffer.from(await fs.read(`/${size}`)).equals(content), String(size))
        assert.ok(Buffer.from(await fs.read(`/edited/${size}`)).equals(content), String(size))
        const [one, two] = await Promise.all([fs.read(`/${size}`), fs.read(`/${size}`)])
        one.fill(0xcc)
        assert.ok(Buffer.from(two).equals(content), String(size))
      }
    })

    it('of many large writes at once do not get mixed up', async () => {
      await using fixture = await makeFixture()
      const fs = await fixture.open()
      const contents = Array.from({ length: 12 }, (_, n) => fresh(1_100_000 + 50_000 * (n % 4)))
      for (let round = 0; round < 3; round++) {
        await Promise.all(contents.map((content, n) => fs.write(`/${(n + round) % 12}`, content)))
        await Promise.all([fs.write('/known', contents[0] ?? ''), fs.write('/known-too', contents[0] ?? '')])
        for (const [n, content] of contents.entries()) {
          assert.ok(Buffer.from(await fs.read(`/${(n + round) % 12}`)).equals(content), `round ${round}, ${n}`)
        }
      }
    })

    it('of any kind of byte array are taken, parts of larger ones too', async () => {
      await using fixture = await makeFixture()
      const fs = await fixture.open()
      const whole = fresh(3000)
      await fs.write('/part', whole.subarray(1000, 2000))
      await fs.write('/buffer', Buffer.from(whole.buffer, 10, 20))
      const shared = new Uint8Array(new SharedArrayBuffer(300))
      shared.set(whole.subarray(0, 300))
      await fs.write('/shared', shared)
      assert.deepEqual(await fs.read('/part'), whole.slice(1000, 2000))
      assert.deepEqual(await fs.read('/buffer'), whole.slice(10, 30))
      assert.deepEqual(await fs.read('/shared'), whole.slice(0, 300))
    })
  })
}
