import { superviseCluster } from '../../cluster/index.ts'
import { needCluster } from '../clusters.ts'
import { type Command, nameFlag } from '../command.ts'

/** Keeps the cluster process running; `cox up` starts it in the background. */
export const command: Command = {
  name: 'supervise',
  summary: 'keep the cluster process running (started by up)',
  usage: 'cox supervise [--name N]',
  positionalMax: 0,
  internal: true,
  flags: [nameFlag],
  async run(invocation) {
    const { settings } = await needCluster(invocation)
    const [node, entry] = invocation.environment.self
    await superviseCluster(settings, [node, entry, 'run', '--name', settings.name], invocation.signal)
    return 0
  },
}
