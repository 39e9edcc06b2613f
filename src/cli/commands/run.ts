import { runClusterProcess } from '../../cluster/index.ts'
import { needCluster } from '../clusters.ts'
import { type Command, nameFlag } from '../command.ts'

/** The cluster process itself; the supervisor starts it. */
export const command: Command = {
  name: 'run',
  summary: 'be the cluster process (started by the supervisor)',
  usage: 'cox run [--name N]',
  positionalMax: 0,
  internal: true,
  flags: [nameFlag],
  async run(invocation) {
    const { settings } = await needCluster(invocation)
    return runClusterProcess(settings, invocation.signal)
  },
}
