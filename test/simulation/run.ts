/** `npm run sim [-- --scenario NAME] [--seed N] [--count N]`: runs one seed, or several from it on, and says what happened. */
import { parseArgs } from 'node:util'
import { simulateRollout } from './rollout.ts'
import { brief } from './workload-objects.ts'
import { simulateWorkloads } from './workloads.ts'

const scenarios = {
  rollout: simulateRollout,
  workloads: (seed: number) => simulateWorkloads(seed),
  brief: (seed: number) => simulateWorkloads(seed, brief),
} as const

const { values } = parseArgs({
  options: {
    scenario: { type: 'string', default: 'rollout' },
    seed: { type: 'string', default: '1' },
    count: { type: 'string' },
    verbose: { type: 'boolean' },
  },
})
const simulate = scenarios[values.scenario as keyof typeof scenarios]
if (simulate === undefined) throw new Error(`--scenario is one of ${Object.keys(scenarios).join(', ')}`)
const first = Number(values.seed)
const count = Number(values.count ?? 1)
let failed = 0
for (let seed = first; seed < first + count; seed++) {
  const startedMs = performance.now()
  try {
    const { changes, recoveredInMs, plan, ...more } = await simulate(seed)
    const took = ((performance.now() - startedMs) / 1000).toFixed(1)
    const trace = 'hash' in more ? `trace ${more.hash.slice(0, 12)}` : `${more.evictions} evictions`
    console.log(
      `seed ${seed}: ${changes} changes, well again after ${(recoveredInMs / 1000).toFixed(1)} s, ${trace}, in ${took} s`,
    )
    if (values.verbose === true || count === 1) for (const step of plan) console.log(`  ${step}`)
  } catch (error) {
    failed++
    console.error(`seed ${seed} failed: npm run sim -- --scenario ${values.scenario} --seed ${seed}\n`, error)
  }
}
console.log(`${count} seeds from ${first} on: ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
