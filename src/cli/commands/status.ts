import { clusterStatus } from '../../cluster/index.ts'
import { clusterNameOf, findCluster } from '../clusters.ts'
import { type Command, jsonFlag, nameFlag } from '../command.ts'
import { table } from '../terminal.ts'

/** `cox status`: whether a cluster is well, part by part. */
export const command: Command = {
  name: 'status',
  summary: 'say whether a cluster is healthy (exit 0) or not (exit 1)',
  usage: 'cox status [--name N] [--json]',
  positionalMax: 0,
  flags: [nameFlag, jsonFlag],
  async run(invocation) {
    const { terminal, flags, signal } = invocation
    const name = clusterNameOf(invocation)
    const found = await findCluster(invocation)
    if (found === undefined) {
      if (flags.json === true) terminal.out(JSON.stringify({ name, healthy: false, exists: false, parts: [] }))
      else
        terminal.say(
          `there is no cluster named ${JSON.stringify(name)}; start one with \`cox up${name === 'default' ? '' : ` --name ${name}`}\``,
        )
      return 1
    }
    const status = await clusterStatus(found.settings, signal)
    if (flags.json === true) {
      terminal.out(JSON.stringify({ name, exists: true, ...status }))
      return status.healthy ? 0 : 1
    }
    const mark = (well: boolean) => terminal.style(well ? 'green' : 'red', well ? 'healthy' : 'not healthy')
    terminal.out(`cluster ${name}: ${mark(status.healthy)}`)
    terminal.out(
      table(
        ['PART', 'STATUS', 'DETAIL'],
        status.parts.map((part) => [part.name, part.healthy ? 'ok' : 'failed', part.detail]),
      ),
    )
    return status.healthy ? 0 : 1
  },
}
