import assert from 'node:assert/strict'
import { it } from 'vitest'
import { didYouMean } from './near-miss.ts'

const known = ['store', 'stores', 'storages', 'metadata', 'workloads']

it('names the nearest known name', () => {
  assert.equal(didYouMean('metdata', known), ' (did you mean "metadata"?)')
  assert.equal(didYouMean('Workload', known), ' (did you mean "workloads"?)')
  assert.equal(didYouMean('storesg', known), ' (did you mean "stores"?)')
  assert.equal(didYouMean('sotre', known), ' (did you mean "store"?)')
})

it('says nothing where no name is near', () => {
  assert.equal(didYouMean('colour', known), '')
  assert.equal(didYouMean('x', []), '')
})
