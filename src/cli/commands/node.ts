import { type Client, createClient, httpTransport } from '../../client/index.ts'
import { adminCredentials, readStoppedNodes, writeStoppedNodes } from '../../cluster/index.ts'
import { isNotFound, parseYaml } from '../../machinery/index.ts'
import { configMaps, type Node, nodes } from '../../resources/index.ts'
import { needCluster } from '../clusters.ts'
import { type Command, CommandError, type Invocation, jsonFlag, nameFlag } from '../command.ts'
import { UsageError } from '../flags.ts'
import { table } from '../terminal.ts'

/** `cox node`: the machines of a cluster; simulated ones can lose their power. */
export const command: Command = {
  name: 'node',
  summary: 'list nodes and groups of nodes; switch a simulated node off (stop: power loss) and on (start)',
  usage: 'cox node list|groups|stop NAME|start NAME [--name N] [--json]',
  positionalMax: 2,
  flags: [nameFlag, jsonFlag],
  async run(invocation) {
    const { terminal, flags, positional } = invocation
    const [verb, nodeName] = positional
    if (verb !== 'list' && verb !== 'groups' && verb !== 'stop' && verb !== 'start')
      throw new UsageError('say list, groups, stop NAME or start NAME')
    const { settings, running } = await needCluster(invocation)
    const stopped = await readStoppedNodes(settings.dataDirectory)
    if (!running)
      throw new CommandError(`cluster ${JSON.stringify(settings.name)} is not running; start it with \`cox up\``)
    const client = createClient(httpTransport(await adminCredentials(settings), 'cox'))
    if (verb === 'groups') return showGroups(client, invocation)
    const { items } = await client.list<Node>(nodes)
    if (verb === 'list') {
      const rows = items.map((node) => ({
        name: node.metadata.name,
        ready: node.status?.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'Unknown',
        power: stopped.includes(node.metadata.name) ? 'off' : 'on',
        runtime: settings.runtime,
      }))
      if (flags.json === true) terminal.out(JSON.stringify(rows))
      else
        terminal.out(
          table(
            ['NAME', 'READY', 'POWER', 'RUNTIME'],
            rows.map((row) => [row.name, row.ready, row.power, row.runtime]),
          ),
        )
      return 0
    }
    if (nodeName === undefined) throw new UsageError(`say which node to ${verb}: cox node ${verb} NAME`)
    if (settings.runtime !== 'simulated')
      throw new CommandError(
        `only simulated nodes can be switched ${verb === 'stop' ? 'off' : 'on'}; this cluster runs real containers on this machine (kubectl cordon and drain work on them)`,
      )
    if (!items.some((node) => node.metadata.name === nodeName))
      throw new CommandError(`there is no node named ${JSON.stringify(nodeName)}; \`cox node list\` shows them`)
    if (settings.cloud !== undefined)
      throw new CommandError(
        `node ${nodeName} is an instance of a cloud; use \`cox cloud instance ${verb} ${nodeName} --cluster ${settings.name} --cloud ${settings.cloud.name}\``,
      )
    await writeStoppedNodes(
      settings.dataDirectory,
      verb === 'stop' ? [...new Set([...stopped, nodeName])] : stopped.filter((one) => one !== nodeName),
    )
    terminal.out(`node ${nodeName} is ${verb === 'stop' ? 'off' : 'on'}`)
    return 0
  },
}

/** What the node autoscaler says of a group. */
interface GroupStatus {
  readonly name: string
  readonly health: {
    readonly cloudProviderTarget: number
    readonly minSize: number
    readonly maxSize: number
    readonly nodeCounts: { readonly registered: { readonly ready: number } }
  }
  readonly scaleUp: { readonly status: string; readonly backoffInfo?: { readonly errorMessage: string } }
  readonly scaleDown: { readonly status: string; readonly nodes?: readonly string[] }
}

/** The groups of nodes, as the node autoscaler last told of them. */
async function showGroups(client: Client, { terminal, flags }: Invocation): Promise<number> {
  const where = { namespace: 'kube-system', name: 'cluster-autoscaler-status' }
  const found = await client.get(configMaps, where).catch((error: unknown) => {
    if (!isNotFound(error)) throw error
    return undefined
  })
  const text = found?.data?.status
  const status = text === undefined ? {} : (parseYaml(text).value as { readonly nodeGroups?: readonly GroupStatus[] })
  const groups = status.nodeGroups ?? []
  if (flags.json === true) terminal.out(JSON.stringify(groups))
  else if (groups.length === 0)
    terminal.say(
      'there are no groups of nodes; `nodeGroups` of a ClusterConfiguration describes some (cox up --config)',
    )
  else
    terminal.out(
      table(
        ['NAME', 'READY', 'TARGET', 'MIN', 'MAX', 'SCALE-UP', 'SCALE-DOWN'],
        groups.map(({ name, health, scaleUp, scaleDown }) => [
          ...[name, health.nodeCounts.registered.ready, health.cloudProviderTarget, health.minSize, health.maxSize].map(
            String,
          ),
          [scaleUp.status, scaleUp.backoffInfo?.errorMessage].filter((one) => one !== undefined).join(': '),
          [scaleDown.status, scaleDown.nodes?.join(',')].filter((one) => one !== undefined).join(': '),
        ]),
      ),
    )
  return 0
}
