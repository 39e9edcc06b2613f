import { isIp, timestampOf } from '../../machinery/index.ts'
import { conflict, invalid, notFound } from '../errors.ts'
import type { CloudState, Listener, LoadBalancer } from '../state.ts'
import { freeAddress, instanceIn } from './instances.ts'
import { entryOf, listIn, nameIn, type Operations, textOf } from './operation.ts'

function balancerIn(state: CloudState, id: string): LoadBalancer {
  const found = entryOf(state.loadBalancers, id)
  if (found === undefined) throw notFound('load balancer', id)
  return found
}

const about = ({ id }: { readonly id: string }, state: CloudState) =>
  `load-balancer/${entryOf(state.loadBalancers, id)?.name ?? id}`

function checkedListeners(listeners: readonly Listener[]): readonly Listener[] {
  for (const { protocol, port } of listeners)
    if (protocol !== 'TCP' && protocol !== 'UDP')
      throw invalid(`listener ${port} speaks ${protocol}; load balancers know TCP and UDP`)
  return listeners
}
const checkedBackends = (state: CloudState, ids: readonly string[]): readonly string[] =>
  ids.map((id) => instanceIn(state, id).id)

function addressFor(state: CloudState, asked: string | undefined, own = ''): string {
  const taken = new Set(Object.values(state.loadBalancers).map(({ address }) => address))
  if (asked === undefined || asked === '') return own === '' ? freeAddress(state.balancerRange, taken) : own
  if (!isIp(asked)) throw invalid(`address ${JSON.stringify(asked)} is not an address`)
  if (asked !== own && taken.has(asked)) throw conflict(`another load balancer has the address ${asked}`)
  return asked
}

/** Load balancers: an address, what it listens to, and the instances behind it. */
export const balancerOperations: Pick<
  Operations,
  'slb:DescribeLoadBalancers' | 'slb:CreateLoadBalancer' | 'slb:ModifyLoadBalancer' | 'slb:DeleteLoadBalancer'
> = {
  'slb:DescribeLoadBalancers': {
    resource: () => 'load-balancer/*',
    run: (state) => Object.values(state.loadBalancers),
  },
  'slb:CreateLoadBalancer': {
    resource: ({ name }) => `load-balancer/${name}`,
    run(state, input, { clock, random }) {
      const name = nameIn(input)
      const cluster = textOf(input, 'cluster')
      if (Object.values(state.loadBalancers).some((one) => one.name === name && one.cluster === cluster))
        throw conflict(`cluster ${cluster} has a load balancer named ${name} already`)
      const balancer: LoadBalancer = {
        id: `lb-${random.suffix(10)}`,
        name,
        cluster,
        description: input.description ?? '',
        address: addressFor(state, input.address),
        listeners: checkedListeners(listIn(input, 'listeners')),
        sourceRanges: input.sourceRanges ?? [],
        backends: checkedBackends(state, listIn(input, 'backends')),
        createdAt: timestampOf(clock.now()),
      }
      state.loadBalancers[balancer.id] = balancer
      return balancer
    },
  },
  'slb:ModifyLoadBalancer': {
    resource: about,
    run(state, { id, ...input }) {
      const known = balancerIn(state, id)
      const { description, listeners, sourceRanges, backends } = input
      return (state.loadBalancers[id] = {
        ...known,
        ...(description === undefined ? {} : { description }),
        ...(listeners === undefined ? {} : { listeners: checkedListeners(listeners) }),
        ...(sourceRanges === undefined ? {} : { sourceRanges }),
        ...(backends === undefined ? {} : { backends: checkedBackends(state, backends) }),
        address: addressFor(state, input.address, known.address),
      })
    },
  },
  'slb:DeleteLoadBalancer': {
    resource: about,
    run(state, { id }) {
      const balancer = balancerIn(state, id)
      delete state.loadBalancers[id]
      return balancer
    },
  },
}
