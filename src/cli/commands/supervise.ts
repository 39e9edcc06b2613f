import { superviseCluster } from '../../cluster/index.ts'
import { needCluster } from '../clusters.ts'
import { type Command, nameFlag } from '../command.ts'

/** Keeps the cluster process running; `cox up` starts it in the background. */
export const command: Command = {
  name: 'supervise',
  summary: 'keep the cluster process running (started by up)',
  usage: 'cox supervise [--name N] [--data-directory D]',
  positionalMax: 0,
  internal: true,
  flags: [
    nameFlag,
    {
      name: 'data-directory',
      type: 'string',
      value: 'D',
      help: 'where the cluster is, when its name need not be looked up',
    },
  ],
  async run(invocation) {
    const stated = invocation.flags['data-directory'] as string | undefined
    const directory = stated ?? (await needCluster(invocation)).settings.dataDirectory
    await superviseCluster(directory, invocation.environment.self, invocation.signal)
    return 0
  },
}
