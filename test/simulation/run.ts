/** `npm run sim [-- --seed N] [--count N]`: runs one seed, or several from it on, and says what happened. */
import { parseArgs } from 'node:util'
import { simulateRollout } from './rollout.ts'

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, count: { type: 'string' }, verbose: { type: 'boolean' } },
})
const first = Number(values.seed)
const count = Number(values.count ?? 1)
let failed = 0
for (let seed = first; seed < first + count; seed++) {
  const startedMs = performance.now()
  try {
    const { hash, changes, recoveredInMs, plan } = await simulateRollout(seed)
    const took = ((performance.now() - startedMs) / 1000).toFixed(1)
    console.log(
      `seed ${seed}: ${changes} changes, well again after ${(recoveredInMs / 1000).toFixed(1)} s, trace ${hash.slice(0, 12)}, in ${took} s`,
    )
    if (values.verbose === true || count === 1) for (const step of plan) console.log(`  ${step}`)
  } catch (error) {
    failed++
    console.error(`seed ${seed} failed: npm run sim -- --seed ${seed}\n`, error)
  }
}
process.exitCode = failed === 0 ? 0 : 1
