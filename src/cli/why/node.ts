import { msOf } from '../../machinery/index.ts'
import { type Node, nodes } from '../../resources/index.ts'
import { ageText, type Finding } from './finding.ts'
import { orNothing, type World } from './world.ts'

/** What is wrong with a node; undefined when nothing is. */
export async function nodeTrouble(world: World, name: string): Promise<Finding | undefined> {
  const about = `Node/${name}`
  const node = await orNothing(world.client.get<Node>(nodes, { name }))
  if (node === undefined) return { about, says: 'does not exist any more' }
  const conditions = node.status?.conditions ?? []
  const because: Finding[] = []
  for (const { type, status, reason = '', message = '', lastTransitionTime } of conditions) {
    const isWrong = type === 'Ready' ? status !== 'True' : status === 'True'
    if (!isWrong) continue
    const since = lastTransitionTime == null ? '' : ` for ${ageText(world.nowMs - msOf(lastTransitionTime))}`
    because.push({ about, says: `has ${type}=${status}${since}: ${reason}${message === '' ? '' : `: ${message}`}` })
  }
  if (because.length === 0) return undefined
  const statusOf = (wanted: string) => conditions.find(({ type }) => type === wanted)?.status
  if (statusOf('Ready') === 'Unknown')
    return {
      about,
      says: 'does not report: its kubelet is not reachable',
      remedy: 'look whether the machine and its kubelet run, and whether it reaches the API server',
      because,
    }
  const network = conditions.find(({ type, status }) => type === 'NetworkUnavailable' && status === 'True')
  if (network !== undefined && statusOf('Ready') === 'True')
    return {
      about,
      says: `cannot be reached by others: it has no route in the cloud's network`,
      ...ruleRemedy(network.message ?? ''),
      because,
    }
  return { about, says: 'is in trouble', because }
}

/** Where a rule of the cloud stands in the way, how it is seen and changed. */
function ruleRemedy(message: string): { readonly remedy?: string } {
  const found = /Forbidden\.RAM: role (\S+) may not (\S+) on/.exec(message)
  if (found === null) return {}
  const [, role, action] = found
  return {
    remedy: `have the rule allow it: cox cloud role show ${role}, cox cloud role edit ${role} (it must allow ${action})`,
  }
}
