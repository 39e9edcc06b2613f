/** `npm run compare:controllers`: the same scenarios beside kube-controller-manager and kube-scheduler, and what differs. */
import { parseArgs } from 'node:util'
import { nodeStatusOf } from './beside/kubelet.ts'
import { runScenario } from './beside/run-scenario.ts'
import type { Scenario } from './beside/scenario.ts'
import { around } from './beside/scenarios/around.ts'
import { jobs } from './beside/scenarios/jobs.ts'
import { workloads } from './beside/scenarios/workloads.ts'
import { startBoth } from './beside/servers.ts'
import { Side } from './beside/side.ts'
import { buildSome } from './programs.ts'

const usage = `usage: npm run compare:controllers [-- OPTIONS]
  --only RE   only scenarios whose name matches
  --list      names the scenarios and plays none`
const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const scenarios: readonly Scenario[] = [...workloads, ...jobs, ...around]
const atOnce = 4
const renewalMs = 8000
const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases'
const print = (line: string) => process.stdout.write(`${line}\n`)

/** Three nodes in two zones, whose kubelets are heard of until the answer is disposed. */
async function giveNodes(side: Side): Promise<Disposable> {
  const names = ['node-1', 'node-2', 'node-3']
  for (const [at, name] of names.entries()) {
    const labels = { 'kubernetes.io/hostname': name, 'topology.kubernetes.io/zone': `zone-${at % 2}` }
    await side.call('POST', '/api/v1/nodes', { metadata: { name, labels } })
    await side.strategic(`/api/v1/nodes/${name}/status`, { status: nodeStatusOf('True') })
    await side.call('POST', leases, { metadata: { name }, spec: { holderIdentity: name, leaseDurationSeconds: 40 } })
  }
  const renewTime = () => `${new Date().toISOString().slice(0, -1)}000Z`
  const renew = () => {
    for (const name of names) void side.merge(`${leases}/${name}`, { spec: { renewTime: renewTime() } })
  }
  renew()
  const timer = setInterval(renew, renewalMs)
  await side.until(() => names.every((name) => (side.get('nodes', '', name).spec.taints ?? []).length === 0))
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

async function compare(): Promise<number> {
  const chosen = scenarios.filter(({ name }) => new RegExp(options.only).test(name))
  if (options.list) {
    for (const { name } of chosen) print(name)
    return 0
  }
  const programs = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler']
  buildSome(programs, (line) => process.stderr.write(`compare: ${line}\n`))
  await using servers = await startBoth({ controllers: true })
  using ours = new Side('ours', servers.ours)
  using theirs = new Side('theirs', servers.theirs)
  await Promise.all([ours.follow(), theirs.follow()])
  using _ = await giveNodes(ours)
  using __ = await giveNodes(theirs)
  const run = Date.now().toString(36).slice(-4)
  const left = [...chosen]
  let differ = 0
  const worker = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const found = await runScenario(next, ours, theirs, `x${run}`)
      if (found.length > 0) differ++
      print(`${found.length === 0 ? 'alike' : 'DIFFER'}: ${next.name}`)
      for (const line of found) print(`  ${line}`)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  print(`${chosen.length} scenarios: ${chosen.length - differ} alike, ${differ} differ`)
  return differ === 0 ? 0 : 1
}

if (options.help) print(usage)
else process.exitCode = await compare()
