import assert from 'node:assert/strict'
import { it } from 'vitest'
import { redactSecrets } from './redact.ts'

it('hides the user and password of a URI, whatever characters are in them', () => {
  assert.equal(redactSecrets('postgres://planner:s3cret@db/nexus'), 'postgres://***@db/nexus')
  assert.equal(redactSecrets('cannot reach redis://:p@ss/w:rd@host:6379/0 now'), 'cannot reach redis://***@host:6379/0 now')
  assert.equal(redactSecrets('one://a:b@c and two://d:e@f'), 'one://***@c and two://***@f')
})

it('hides parameters whose name says that they are secret', () => {
  assert.equal(redactSecrets('s3://b?region=x&secret_access_key=abc'), 's3://b?region=x&secret_access_key=***')
  assert.equal(redactSecrets('host=db password=abc user=me'), 'host=db password=*** user=me')
  assert.equal(redactSecrets('azure://c?sasToken=abc&x=1'), 'azure://c?sasToken=***&x=1')
})

it('leaves ordinary text alone', () => {
  for (const text of ['nothing stands at /a@b', './data', 'https://host/path?page=2', 'key: /plans/q3.md', 'at 10:30 me@host']) {
    assert.equal(redactSecrets(text), text)
  }
})
