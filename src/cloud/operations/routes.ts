import { cidrContains, ipText, networkOf, parseCidr, timestampOf } from '../../machinery/index.ts'
import type { ShownRoute } from '../calls.ts'
import { conflict, invalid, notFound } from '../errors.ts'
import { type CloudState, isBlackhole, type Route } from '../state.ts'
import { instanceIn } from './instances.ts'
import { entryOf, type Operations, textOf } from './operation.ts'

const shown = (state: CloudState, route: Route): ShownRoute => ({
  ...route,
  state: isBlackhole(state, route) ? 'blackhole' : 'active',
})

/** The network's route table: which instance has which range. */
export const routeOperations: Pick<
  Operations,
  'vpc:DescribeRouteEntryList' | 'vpc:CreateRouteEntry' | 'vpc:DeleteRouteEntry'
> = {
  'vpc:DescribeRouteEntryList': {
    resource: () => 'route/*',
    run: (state) => Object.values(state.routes).map((route) => shown(state, route)),
  },
  'vpc:CreateRouteEntry': {
    resource: ({ destination }) => `route/${destination}`,
    run(state, input, { clock, random }) {
      const text = textOf(input, 'destination')
      const range = parseCidr(text)
      if (range === undefined) throw invalid(`destination ${JSON.stringify(text)} is not a range of addresses`)
      const destination = `${ipText(networkOf(range))}/${range.bits}`
      if (cidrContains(parseCidr(state.instanceRange)!, networkOf(range)))
        throw invalid(`destination ${destination} is in ${state.instanceRange}, which the network has itself`)
      const { id: instance, state: power } = instanceIn(state, textOf(input, 'instance'))
      if (power !== 'running') throw conflict(`instance ${instance} is stopped; a route to it would lead nowhere`)
      const known = Object.values(state.routes).find((one) => one.destination === destination)
      if (known !== undefined)
        throw conflict(`the route table has ${destination} already, to instance ${known.instance}`)
      const route: Route = {
        id: `rt-${random.suffix(10)}`,
        destination,
        instance,
        description: input.description ?? '',
        createdAt: timestampOf(clock.now()),
      }
      state.routes[route.id] = route
      return shown(state, route)
    },
  },
  'vpc:DeleteRouteEntry': {
    resource: ({ id }, state) => `route/${entryOf(state.routes, id)?.destination ?? id}`,
    run(state, { id }) {
      const route = entryOf(state.routes, id)
      if (route === undefined) throw notFound('route', id)
      delete state.routes[id]
      return shown(state, route)
    },
  },
}
