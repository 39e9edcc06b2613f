import { addressAt, cidrSize, ipText, isIp, parseCidr, timestampOf } from '../../machinery/index.ts'
import { CloudError, conflict, invalid, notFound } from '../errors.ts'
import type { CloudState, Instance } from '../state.ts'
import { entryOf, nameIn, numberOf, type Operations, textOf } from './operation.ts'

const gibibyte = 1024 ** 3

/** The instance, or the refusal that says there is none. */
export function instanceIn(state: CloudState, id: string): Instance {
  const found = entryOf(state.instances, id)
  if (found === undefined) throw notFound('instance', id)
  return found
}

/** The zone that was asked for, or the one where the fewest things are. */
export function zoneFor(state: CloudState, wanted: string | undefined, taken: readonly { readonly zone: string }[]) {
  if (wanted !== undefined && wanted !== '') {
    if (!state.zones.includes(wanted)) throw invalid(`zone ${wanted} is none of ${state.zones.join(', ')}`)
    return wanted
  }
  const countOf = (zone: string) => taken.filter((one) => one.zone === zone).length
  return state.zones.toSorted((a, b) => countOf(a) - countOf(b))[0]!
}

/** The lowest address of a range that nobody has; the first four are the network's own. */
export function freeAddress(rangeText: string, taken: ReadonlySet<string>): string {
  const range = parseCidr(rangeText)!
  for (let offset = 4n; offset < cidrSize(range) - 1n; offset++) {
    const address = ipText(addressAt(range, offset))
    if (!taken.has(address)) return address
  }
  throw new CloudError(403, 'QuotaExceeded', `no address of ${rangeText} is left`)
}

const aboutInstance = ({ id }: { readonly id: string }) => `instance/${id}`

/** Machines: made, started, stopped, bound to roles, and done away with. */
export const instanceOperations: Pick<
  Operations,
  | 'ecs:DescribeInstances'
  | 'ecs:RunInstances'
  | 'ecs:StartInstance'
  | 'ecs:StopInstance'
  | 'ecs:DeleteInstance'
  | 'ecs:AttachInstanceRamRole'
  | 'ecs:CreateInstanceToken'
> = {
  'ecs:DescribeInstances': {
    resource: () => 'instance/*',
    run: (state) => Object.values(state.instances),
  },
  'ecs:RunInstances': {
    resource: ({ name }) => `instance/${name}`,
    run(state, input, { clock, random }) {
      const all = Object.values(state.instances)
      const name = nameIn(input)
      const cluster = textOf(input, 'cluster')
      if (all.some((one) => one.name === name && one.cluster === cluster))
        throw conflict(`cluster ${cluster} has an instance named ${name} already`)
      const cpus = numberOf(input, 'cpus')
      const memoryBytes = numberOf(input, 'memoryBytes')
      const { role = '', tags = {} } = input
      if (role !== '' && entryOf(state.roles, role) === undefined) throw notFound('role', role)
      const taken = new Set(all.map(({ privateAddress }) => privateAddress))
      const asked = input.privateAddress ?? ''
      if (asked !== '' && !isIp(asked)) throw invalid(`privateAddress ${JSON.stringify(asked)} is not an address`)
      if (taken.has(asked)) throw conflict(`another instance has the address ${asked}`)
      const instance: Instance = {
        id: `i-${random.suffix(10)}`,
        name,
        cluster,
        type: `c${cpus}m${Math.max(1, Math.round(memoryBytes / gibibyte))}`,
        cpus,
        memoryBytes,
        zone: zoneFor(state, input.zone, all),
        state: 'running',
        privateAddress: asked === '' ? freeAddress(state.instanceRange, taken) : asked,
        role,
        tags,
        createdAt: timestampOf(clock.now()),
      }
      state.instances[instance.id] = instance
      state.tokens[instance.id] = random.uuid()
      return instance
    },
  },
  'ecs:StartInstance': {
    resource: aboutInstance,
    run: (state, { id }) => (state.instances[id] = { ...instanceIn(state, id), state: 'running' }),
  },
  'ecs:StopInstance': {
    resource: aboutInstance,
    run: (state, { id }) => (state.instances[id] = { ...instanceIn(state, id), state: 'stopped' }),
  },
  'ecs:DeleteInstance': {
    resource: aboutInstance,
    run(state, { id }) {
      const instance = instanceIn(state, id)
      delete state.instances[id]
      delete state.tokens[id]
      for (const disk of Object.values(state.disks))
        if (disk.instance === id) state.disks[disk.id] = { ...disk, instance: '', device: '' }
      for (const balancer of Object.values(state.loadBalancers))
        if (balancer.backends.includes(id))
          state.loadBalancers[balancer.id] = { ...balancer, backends: balancer.backends.filter((one) => one !== id) }
      return instance
    },
  },
  'ecs:AttachInstanceRamRole': {
    resource: aboutInstance,
    run(state, { id, role }) {
      const instance = instanceIn(state, id)
      if (role !== '' && entryOf(state.roles, role) === undefined) throw notFound('role', role)
      return (state.instances[id] = { ...instance, role })
    },
  },
  'ecs:CreateInstanceToken': {
    resource: aboutInstance,
    run(state, { id }) {
      instanceIn(state, id)
      return { token: state.tokens[id]! }
    },
  },
}
