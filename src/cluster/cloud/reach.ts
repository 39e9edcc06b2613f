import type { CloudApi } from '../../cloud/index.ts'
import { cidrContains, parseCidr, parseIp } from '../../machinery/index.ts'
import type { Reaches } from '../node/simulated-network.ts'

/** Whether packets from the cloud's network arrive at a pod: by the route table, as its routers would. */
export function reachesByRoutes(owner: CloudApi, cluster: string): Reaches {
  return async (nodeName, address) => {
    const [routes, instances] = await Promise.all([
      owner.call('vpc:DescribeRouteEntryList', {}),
      owner.call('ecs:DescribeInstances', {}),
    ])
    const ip = parseIp(address)
    const matching = routes
      .flatMap((route) => {
        const range = parseCidr(route.destination)
        return ip !== undefined && range !== undefined && cidrContains(range, ip)
          ? [{ ...route, bits: range.bits }]
          : []
      })
      .toSorted((a, b) => b.bits - a.bits)
    const [route] = matching
    const target = instances.find(({ id }) => id === route?.instance)
    const arrives = route?.state === 'active' && target?.cluster === cluster && target.name === nodeName
    return arrives ? undefined : 'no route to host'
  }
}
