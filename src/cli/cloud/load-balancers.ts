import { yamlText } from '../../machinery/index.ts'
import { UsageError } from '../flags.ts'
import { type Asked, listed, pick, type Thing, wordOf } from './thing.ts'

async function chosen(asked: Asked) {
  const word = wordOf(asked, 0, 'which load balancer, by its id, its name or the service it is for')
  const all = await asked.api.call('slb:DescribeLoadBalancers', {})
  return all.find(({ description }) => description === word) ?? pick(all, word, 'load-balancer')
}

/** `cox cloud load-balancer`: addresses, and the instances behind them. */
export const balancers: Thing = {
  names: ['load-balancer', 'load-balancers', 'lb'],
  verbs: {
    async list({ api }) {
      return listed(
        await api.call('slb:DescribeLoadBalancers', {}),
        ['ID', 'CLUSTER', 'FOR', 'ADDRESS', 'LISTENERS', 'BACKENDS'],
        ({ id, cluster, description, address, listeners, backends }) => [
          ...[id, cluster, description, address],
          listeners.map(({ protocol, port, nodePort }) => `${port}:${nodePort}/${protocol}`).join(','),
          String(backends.length),
        ],
        'there are no load balancers',
      )
    },
    async show(asked) {
      const balancer = await chosen(asked)
      return { data: balancer, text: yamlText(balancer) }
    },
    async edit(asked) {
      const wanted = asked.flags.backends as readonly string[] | undefined
      const address = asked.flags.address as string | undefined
      if (wanted === undefined && address === undefined)
        throw new UsageError('say what to change: --backends ID,… or --address A')
      const instances = await asked.api.call('ecs:DescribeInstances', {})
      const changed = await asked.api.call('slb:ModifyLoadBalancer', {
        id: (await chosen(asked)).id,
        ...(address === undefined ? {} : { address }),
        ...(wanted === undefined ? {} : { backends: wanted.map((word) => pick(instances, word, 'instance').id) }),
      })
      return { data: changed, text: `load balancer ${changed.id} is changed` }
    },
    async delete(asked) {
      const gone = await asked.api.call('slb:DeleteLoadBalancer', { id: (await chosen(asked)).id })
      return { data: gone, text: `load balancer ${gone.id} is gone` }
    },
  },
}
