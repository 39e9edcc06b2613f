import type { CloudApi } from '../../cloud/index.ts'
import { yamlText } from '../../machinery/index.ts'
import { CommandError } from '../command.ts'
import { UsageError } from '../flags.ts'
import { type Asked, listed, pick, type Thing, wordOf } from './thing.ts'

async function chosen(asked: Asked) {
  const word = wordOf(asked, 0, 'which route, by its id or destination')
  const all = await asked.api.call('vpc:DescribeRouteEntryList', {})
  const found = all.find(({ id, destination }) => id === word || destination === word)
  if (found === undefined)
    throw new CommandError(`there is no route ${JSON.stringify(word)}; \`cox cloud route list\` shows them`)
  return found
}

async function targetOf({ api, flags }: Asked) {
  const word = flags.instance as string | undefined
  if (word === undefined) throw new UsageError('say where to: --instance ID')
  return pick(await api.call('ecs:DescribeInstances', {}), word, 'instance')
}

/** `cox cloud route`: the network's route table. */
export const routes: Thing = {
  names: ['route', 'routes'],
  verbs: {
    async list({ api }) {
      const names = await namesOf(api)
      return listed(
        await api.call('vpc:DescribeRouteEntryList', {}),
        ['ID', 'DESTINATION', 'INSTANCE', 'NAME', 'STATE'],
        ({ id, destination, instance, state }) => [id, destination, instance, names.get(instance) ?? 'gone', state],
        'the route table is empty',
      )
    },
    async show(asked) {
      const route = await chosen(asked)
      return { data: route, text: yamlText(route) }
    },
    async create(asked) {
      const { id } = await targetOf(asked)
      const destination = wordOf(asked, 0, 'the destination, such as 10.244.1.0/24')
      const route = await asked.api.call('vpc:CreateRouteEntry', { destination, instance: id })
      return { data: route, text: `route ${route.destination} goes to instance ${id}` }
    },
    async edit(asked) {
      const { id } = await targetOf(asked)
      const before = await chosen(asked)
      await asked.api.call('vpc:DeleteRouteEntry', { id: before.id })
      const { destination, description } = before
      const route = await asked.api.call('vpc:CreateRouteEntry', { destination, description, instance: id })
      return { data: route, text: `route ${destination} goes to instance ${id}` }
    },
    async delete(asked) {
      const route = await asked.api.call('vpc:DeleteRouteEntry', { id: (await chosen(asked)).id })
      return { data: route, text: `route ${route.destination} is gone` }
    },
  },
}

async function namesOf(api: CloudApi): Promise<ReadonlyMap<string, string>> {
  const all = await api.call('ecs:DescribeInstances', {})
  return new Map(all.map(({ id, cluster, name }) => [id, `${cluster}/${name}`]))
}
