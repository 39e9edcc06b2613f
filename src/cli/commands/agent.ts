import { access } from 'node:fs/promises'
import { resolve } from 'node:path'
import { AgentError, runAgent } from '../../cluster/index.ts'
import { homeOf } from '../clusters.ts'
import { type Command, CommandError } from '../command.ts'
import { UsageError } from '../flags.ts'

/** `cox agent`: this machine as a node of a cluster that runs elsewhere, in the foreground. */
export const command: Command = {
  name: 'agent',
  summary: 'run this machine as a node of another cluster, in the foreground',
  usage: 'cox agent --kubeconfig F --node-name X [--data-dir D]',
  positionalMax: 0,
  flags: [
    { name: 'kubeconfig', type: 'string', value: 'F', help: 'how to reach the cluster, and as whom (system:node:X)' },
    { name: 'node-name', type: 'string', value: 'X', help: 'the name of the node' },
    { name: 'data-dir', type: 'string', value: 'D', help: 'where the node keeps everything' },
  ],
  async run({ flags, environment, signal, terminal }) {
    const { kubeconfig, 'node-name': nodeName, 'data-dir': directory } = flags as Record<string, string | undefined>
    if (kubeconfig === undefined) throw new UsageError('--kubeconfig says how to reach the cluster')
    if (nodeName === undefined) throw new UsageError('--node-name says what the node is called')
    if (!environment.isRoot || environment.platform !== 'linux')
      throw new CommandError('a node with real containers needs root on Linux; run this with sudo')
    const file = resolve(environment.workingDirectory, kubeconfig)
    await access(file).catch(() => {
      throw new CommandError(`there is no kubeconfig ${file}; give the file of the cluster to join`)
    })
    const dataDirectory = directory ?? `/var/lib/coxswain-agent/${nodeName}`
    const { imagesDirectory } = homeOf(environment)
    terminal.say(`running node ${nodeName}, its logs in ${dataDirectory}/logs; stop it with Ctrl-C`)
    try {
      return await runAgent({ kubeconfig: file, nodeName, dataDirectory, imagesDirectory }, signal)
    } catch (error) {
      if (signal.aborted) return 0
      if (error instanceof AgentError) throw new CommandError(error.message)
      throw error
    }
  },
}
