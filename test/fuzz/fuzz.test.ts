import { test } from 'node:test'
import * as fc from 'fast-check'
import { isRefusal, targets } from './targets.ts'

const inputs = 300
for (const target of targets) {
  const { name, inputs: arbitrary, run } = target
  test(`${name}: whatever is read is answered or refused`, async () => {
    const property = fc.asyncProperty(arbitrary, async (input) => {
      try {
        await run(input)
      } catch (error) {
        if (!isRefusal(target, error)) throw error
      }
    })
    await fc.assert(property, { seed: 20260101, numRuns: inputs, endOnFailure: true })
  })
}
