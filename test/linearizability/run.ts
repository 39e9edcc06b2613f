/** `npm run linearizability [-- --seconds N --kills K --writers W --watchers X --seed S]`: a long round, and what came of it. */
import { parseArgs } from 'node:util'
import { judge } from './round.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '120' },
    kills: { type: 'string', default: '20' },
    writers: { type: 'string', default: '2' },
    watchers: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
  },
})
const { problems, ...counts } = await judge({
  seconds: Number(values.seconds),
  kills: Number(values.kills),
  writers: Number(values.writers),
  watchers: Number(values.watchers),
  seed: Number(values.seed),
})
process.stdout.write(`${JSON.stringify(counts)}\n`)
for (const problem of problems.slice(0, 50)) process.stdout.write(`${problem}\n`)
process.stdout.write(problems.length === 0 ? 'linearizable\n' : `${problems.length} problems\n`)
process.exitCode = problems.length === 0 ? 0 : 1
