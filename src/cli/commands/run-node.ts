import { runNodeProcess } from '../../cluster/index.ts'
import { needCluster } from '../clusters.ts'
import { type Command, nameFlag } from '../command.ts'
import { UsageError } from '../flags.ts'

/** A node after the first; the cluster process starts it in the node's network namespace. */
export const command: Command = {
  name: 'run-node',
  summary: 'be one of a cluster’s further nodes (started by the cluster process)',
  usage: 'cox run-node NODE [--name N]',
  positionalMax: 1,
  internal: true,
  flags: [nameFlag],
  async run(invocation) {
    const [nodeName] = invocation.positional
    if (nodeName === undefined) throw new UsageError('say which node')
    const { settings } = await needCluster(invocation)
    await runNodeProcess(settings, nodeName, invocation.signal)
    return 0
  },
}
