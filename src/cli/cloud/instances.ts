import type { Instance } from '../../cloud/index.ts'
import { parseQuantity, QuantityError, wholeValueOf, yamlText } from '../../machinery/index.ts'
import { UsageError } from '../flags.ts'
import { type Asked, listed, pick, type Shown, type Thing, wordOf } from './thing.ts'

const gibibyte = 1024 ** 3

async function chosen(asked: Asked): Promise<Instance> {
  const word = wordOf(asked, 0, 'which instance, by its id or name')
  const cluster = asked.flags.cluster as string | undefined
  const all = await asked.api.call('ecs:DescribeInstances', {})
  return pick(cluster === undefined ? all : all.filter((one) => one.cluster === cluster), word, 'instance')
}
const said = (instance: Instance, text: string): Shown => ({ data: instance, text: `instance ${instance.id} ${text}` })

function bytesOf(text: string): number {
  try {
    return wholeValueOf(parseQuantity(text))
  } catch (error) {
    if (!(error instanceof QuantityError)) throw error
    throw new UsageError(`--memory takes a quantity such as 8Gi, not ${JSON.stringify(text)}`)
  }
}

/** `cox cloud instance`: the machines. */
export const instances: Thing = {
  names: ['instance', 'instances'],
  verbs: {
    async list({ api, flags }) {
      const all = await api.call('ecs:DescribeInstances', {})
      return listed(
        flags.cluster === undefined ? all : all.filter(({ cluster }) => cluster === flags.cluster),
        ['ID', 'NAME', 'CLUSTER', 'TYPE', 'ZONE', 'STATE', 'ADDRESS', 'ROLE'],
        (one) => [one.id, one.name, one.cluster, one.type, one.zone, one.state, one.privateAddress, one.role],
        'there are no instances',
      )
    },
    async show(asked) {
      const instance = await chosen(asked)
      return { data: instance, text: yamlText(instance) }
    },
    async create(asked) {
      const { api, flags } = asked
      const cluster = flags.cluster as string | undefined
      if (cluster === undefined) throw new UsageError('say whose instance it is: --cluster N')
      const { zone, role } = flags as { readonly zone?: string; readonly role?: string }
      const made = await api.call('ecs:RunInstances', {
        ...{ name: wordOf(asked, 0, 'the name of the instance'), cluster },
        cpus: (flags.cpus as number | undefined) ?? 2,
        memoryBytes: flags.memory === undefined ? 4 * gibibyte : bytesOf(flags.memory as string),
        ...(zone === undefined ? {} : { zone }),
        ...(role === undefined ? {} : { role }),
      })
      return said(made, 'is running')
    },
    async start(asked) {
      const { id } = await chosen(asked)
      return said(await asked.api.call('ecs:StartInstance', { id }), 'is running')
    },
    async stop(asked) {
      const { id } = await chosen(asked)
      return said(await asked.api.call('ecs:StopInstance', { id }), 'is stopped')
    },
    async delete(asked) {
      const { id } = await chosen(asked)
      return said(await asked.api.call('ecs:DeleteInstance', { id }), 'is gone')
    },
    async edit(asked) {
      const role = asked.flags.role as string | undefined
      if (role === undefined) throw new UsageError("say what to change: --role ROLE (--role '' takes it away)")
      const { id } = await chosen(asked)
      const changed = await asked.api.call('ecs:AttachInstanceRamRole', { id, role })
      return said(changed, role === '' ? 'has no role' : `has the role ${role}`)
    },
  },
}
