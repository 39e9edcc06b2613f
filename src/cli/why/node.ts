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
  const ready = conditions.find(({ type }) => type === 'Ready')
  const isGone = ready?.status === 'Unknown'
  return {
    about,
    says: isGone ? 'does not report: its kubelet is not reachable' : 'is in trouble',
    ...(isGone
      ? { remedy: 'look whether the machine and its kubelet run, and whether it reaches the API server' }
      : {}),
    because,
  }
}
