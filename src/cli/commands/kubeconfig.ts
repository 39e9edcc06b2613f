import { readFile } from 'node:fs/promises'
import { layoutOf } from '../../cluster/index.ts'
import { needCluster } from '../clusters.ts'
import { type Command, CommandError, nameFlag } from '../command.ts'

/** `cox kubeconfig`: the administrator's kubeconfig on standard output. */
export const command: Command = {
  name: 'kubeconfig',
  summary: 'print the kubeconfig of a cluster',
  usage: 'cox kubeconfig [--name N]',
  positionalMax: 0,
  flags: [nameFlag],
  async run(invocation) {
    const { settings } = await needCluster(invocation)
    const file = layoutOf(settings.dataDirectory).kubeconfig
    try {
      invocation.terminal.out(await readFile(file, 'utf8'))
      return 0
    } catch (error) {
      throw new CommandError(
        `${file} cannot be read (${error instanceof Error ? error.message : String(error)}); \`cox up\` writes it anew`,
      )
    }
  },
}
