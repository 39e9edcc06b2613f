import { parseDuration } from '../../machinery/index.ts'
import type { Node, Pod } from '../../resources/index.ts'
import type { ExtenderChoice } from '../profile/choices.ts'

/** Sends a body to an address and resolves with what came back; rejects when nothing did within the time. */
export type PostToExtender = (
  url: string,
  body: string,
  timeoutMs: number,
) => Promise<{ readonly status: number; readonly text: string }>

/** Kubernetes: how long an extender may take unless it is said. */
const timeoutMsDefault = 5_000
/** Kubernetes: extenders score up to 10, nodes up to 100. */
const scoreScale = 10

/** What an extender says of nodes: those left, and why others are not. */
export interface ExtenderAnswer {
  readonly names: readonly string[]
  readonly failed: Readonly<Record<string, string>>
  readonly failedForGood: Readonly<Record<string, string>>
}
/** Victims by node, as extenders are told of them and answer. */
export interface ExtenderVictims {
  readonly pods: readonly Pod[]
  readonly violations: number
}

/** A program that has a say in where pods go, behind Kubernetes' extender protocol (kube-scheduler/extender/v1). */
export interface Extender {
  /** Kubernetes: an extender is known by its address. */
  readonly name: string
  readonly isIgnorable: boolean
  readonly filters: boolean
  readonly prioritizes: boolean
  readonly binds: boolean
  readonly preempts: boolean
  /** Whether the pod is any of its business: it has no resources to look after, or the pod asks for one of them. */
  concerns(pod: Pod): boolean
  filter(pod: Pod, nodes: readonly Node[]): Promise<ExtenderAnswer>
  /** What it adds to the score of each node, by name. */
  scores(pod: Pod, nodes: readonly Node[]): Promise<ReadonlyMap<string, number>>
  bind(pod: Pod, nodeName: string): Promise<void>
  /** The nodes of those proposed where it agrees that room is made, with the victims it then sees, by uid. */
  preempt(
    pod: Pod,
    victims: ReadonlyMap<string, ExtenderVictims>,
  ): Promise<ReadonlyMap<string, { readonly uids: readonly string[]; readonly violations: number }>>
}

/** An extender as a configuration describes it. */
export function extenderOf(choice: ExtenderChoice, post: PostToExtender): Extender {
  const { urlPrefix = '', filterVerb = '', prioritizeVerb = '', bindVerb = '', preemptVerb = '' } = choice
  const managed = new Set((choice.managedResources ?? []).map(({ name = '' }) => name))
  const { nodeCacheCapable: knowsNodes = false, weight = 0 } = choice
  const givenMs = parseDuration(choice.httpTimeout ?? '0s')
  const timeoutMs = givenMs === 0 ? timeoutMsDefault : givenMs
  const send = async (verb: string, body: object): Promise<Answer> => {
    const url = `${urlPrefix.replace(/\/+$/, '')}/${verb}`
    const { status, text } = await post(url, JSON.stringify(body), timeoutMs).catch((error: unknown) => {
      throw new Error(`Post ${JSON.stringify(url)}: ${error instanceof Error ? error.message : String(error)}`)
    })
    if (status !== 200) throw new Error(`failed ${verb} with extender at URL ${url}, code ${status}`)
    return JSON.parse(text)
  }
  const nodesFor = (nodes: readonly Node[]) => ({
    Nodes: knowsNodes ? null : { metadata: {}, items: nodes },
    NodeNames: knowsNodes ? nodes.map(({ metadata }) => metadata.name) : null,
  })
  return {
    name: urlPrefix,
    isIgnorable: choice.ignorable === true,
    filters: filterVerb !== '',
    prioritizes: prioritizeVerb !== '',
    binds: bindVerb !== '',
    preempts: preemptVerb !== '',
    concerns: ({ spec }) =>
      managed.size === 0 ||
      [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].some(({ resources }) =>
        [resources?.requests, resources?.limits].some((list) =>
          Object.keys(list ?? {}).some((name) => managed.has(name)),
        ),
      ),
    async filter(pod, nodes) {
      const answer = await send(filterVerb, { Pod: pod, ...nodesFor(nodes) })
      const problem = member(answer, 'error')
      if (typeof problem === 'string' && problem !== '') throw new Error(problem)
      return {
        names: leftOf(answer, nodes, knowsNodes, urlPrefix),
        failed: (member(answer, 'failedNodes') ?? {}) as Readonly<Record<string, string>>,
        failedForGood: (member(answer, 'failedAndUnresolvableNodes') ?? {}) as Readonly<Record<string, string>>,
      }
    },
    async scores(pod, nodes) {
      const list = (await send(prioritizeVerb, { Pod: pod, ...nodesFor(nodes) })) as unknown as readonly Answer[] | null
      const entries = (list ?? []).map(
        (one) => [String(member(one, 'host') ?? ''), Number(member(one, 'score') ?? 0) * weight * scoreScale] as const,
      )
      return new Map(entries)
    },
    async bind({ metadata }, nodeName) {
      const { name, namespace = '', uid } = metadata
      const answer = await send(bindVerb, { PodName: name, PodNamespace: namespace, PodUID: uid, Node: nodeName })
      const problem = member(answer, 'error')
      if (typeof problem === 'string' && problem !== '') throw new Error(problem)
    },
    async preempt(pod, victims) {
      const body = (of: (one: ExtenderVictims) => readonly object[]) =>
        Object.fromEntries(
          [...victims].map(([node, one]) => [node, { Pods: of(one), NumPDBViolations: one.violations }]),
        )
      const answer = await send(preemptVerb, {
        Pod: pod,
        NodeNameToVictims: knowsNodes ? null : body(({ pods }) => pods),
        NodeNameToMetaVictims: knowsNodes
          ? body(({ pods }) => pods.map(({ metadata }) => ({ UID: metadata.uid })))
          : null,
      })
      const found = (member(answer, 'nodeNameToMetaVictims') ?? {}) as Readonly<Record<string, Answer | null>>
      return new Map(
        Object.entries(found).map(([node, one]) => [
          node,
          {
            uids: ((member(one, 'pods') ?? []) as readonly Answer[]).map((pod) => String(member(pod, 'uid') ?? '')),
            violations: Number(member(one, 'numPDBViolations') ?? 0),
          },
        ]),
      )
    },
  }
}

type Answer = Readonly<Record<string, unknown>>

/** Kubernetes: the protocol's fields are read in any case, as Go reads them. */
function member(of: Answer | null, name: string): unknown {
  const key = Object.keys(of ?? {}).find((one) => one.toLowerCase() === name.toLowerCase())
  return key === undefined ? undefined : of![key]
}

function leftOf(answer: Answer, nodes: readonly Node[], knowsNodes: boolean, name: string): readonly string[] {
  const names = member(answer, 'nodeNames') as readonly string[] | null | undefined
  if (knowsNodes && names !== undefined && names !== null) {
    const known = new Set(nodes.map(({ metadata }) => metadata.name))
    const stranger = names.find((one) => !known.has(one))
    if (stranger !== undefined)
      throw new Error(
        `extender ${JSON.stringify(name)} claims a filtered node ${JSON.stringify(stranger)} which is not found in the input node list`,
      )
    return names
  }
  const list = member(answer, 'nodes') as Answer | null | undefined
  const items = (member(list ?? {}, 'items') ?? []) as readonly { readonly metadata?: { readonly name?: string } }[]
  return items.map(({ metadata }) => metadata?.name ?? '')
}
