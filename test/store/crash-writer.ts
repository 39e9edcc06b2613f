/** Writes to a store as fast as it can and prints each write once it is acknowledged; meant to be killed. */
import { openSqliteStore } from '../../src/store/index.ts'

const [, , directory = '', round = ''] = process.argv
const keys = Array.from({ length: 8 }, (_, index) => `/k/${index}`)
const store = await openSqliteStore({ directory })
const { entries, revision } = await store.list('/k/')
const text = (value: Uint8Array) => new TextDecoder().decode(value)
process.stdout.write(
  `state ${JSON.stringify({ revision, entries: entries.map((entry) => [entry.key, entry.modified, text(entry.value)]) })}\n`,
)
const expected = new Map(entries.map((entry) => [entry.key, entry.modified]))
for (let step = 0; ; step++) {
  const batch = keys.filter((_, index) => (step + index) % 3 !== 0)
  await Promise.all(
    batch.map(async (key, index) => {
      // The length differs from write to write, so that half a value could not pass for a whole one.
      const body = `${round}.${step}.${index}:${'x'.repeat((step * 37 + index * 101) % 3000)}:end`
      const written = await store.put(key, new TextEncoder().encode(body), expected.get(key) ?? 0)
      if (!written.ok) throw new Error(`lost a race on ${key} with nobody`)
      expected.set(key, written.entry.modified)
      process.stdout.write(`ack ${written.entry.modified} ${key} ${body.slice(0, body.indexOf(':'))}\n`)
    }),
  )
}
