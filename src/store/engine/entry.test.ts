import assert from 'node:assert/strict'
import { test } from 'node:test'
import { entryForms, entryObjects, StoredEntry } from './entry.ts'

test('notes of an entry stay with it until they are forgotten, though it is frozen', () => {
  const objects = entryObjects<string>()
  const forms = entryForms<number>()
  const strange = { key: 'b', value: new Uint8Array(), sizeBytes: 0, created: 1, modified: 1 }
  for (const entry of [new StoredEntry('a', new Uint8Array(), 1, 2), strange]) {
    assert.equal(objects.get(entry), undefined)
    objects.set(entry, 'parsed')
    forms.set(entry, 7)
    assert.deepEqual([objects.get(entry), forms.get(entry)], ['parsed', 7])
  }
  const entry = new StoredEntry('a', new Uint8Array(), 1, 2)
  objects.set(entry, 'parsed')
  assert.ok(Object.isFrozen(entry))
  StoredEntry.forgetNotes(entry)
  assert.equal(objects.get(entry), undefined)
})
