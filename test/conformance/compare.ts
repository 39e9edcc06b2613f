/** `npm run compare`: the same requests to kube-apiserver and to ours, and what differs in the answers. */
import { parseArgs } from 'node:util'
import { applied } from './beside/batteries/apply.ts'
import { custom } from './beside/batteries/custom.ts'
import { kinds } from './beside/batteries/kinds.ts'
import { odd } from './beside/batteries/odd.ts'
import { reviews } from './beside/batteries/reviews.ts'
import { watches } from './beside/batteries/watches.ts'
import type { Battery } from './beside/battery.ts'
import { runBattery } from './beside/run-battery.ts'
import { startBoth } from './beside/servers.ts'
import { buildSome } from './programs.ts'

const usage = `usage: npm run compare [-- OPTIONS]
  --only RE   only batteries whose name matches
  --list      names the batteries and sends nothing
  --all       shows every difference of a request, not only the first few`
const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    list: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const batteries: readonly Battery[] = [...odd, ...kinds, ...applied, ...custom, ...reviews, ...watches]
const linesMax = 12
const bodyMax = 300
const print = (line: string) => process.stdout.write(`${line}\n`)

async function compare(): Promise<number> {
  const chosen = batteries.filter(({ name }) => name.startsWith('first: ') || new RegExp(options.only).test(name))
  if (options.list) {
    for (const { name, requests } of chosen) print(`${name} (${requests.length} requests)`)
    return 0
  }
  buildSome(['etcd', 'kube-apiserver'], (line) => process.stderr.write(`compare: ${line}\n`))
  await using servers = await startBoth()
  let [sent, differed, excused] = [0, 0, 0]
  for (const battery of chosen) {
    const { differing, excused: inThis } = await runBattery(battery, servers.ours, servers.theirs)
    sent += battery.requests.length
    differed += differing.length
    excused += inThis
    for (const { request, found } of differing) {
      const body = request.body === undefined ? '' : JSON.stringify(request.body).slice(0, bodyMax)
      print(`${battery.name}: ${request.ask} ${body}`)
      for (const line of options.all ? found : found.slice(0, linesMax)) print(`  ${line}`)
    }
  }
  print(`${sent} requests: ${sent - differed - excused} alike, ${excused} differ as they may, ${differed} differ`)
  return differed === 0 ? 0 : 1
}

if (options.help) print(usage)
else process.exitCode = await compare()
