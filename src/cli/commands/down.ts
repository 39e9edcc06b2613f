import { type ClusterSettings, leaveItsCloud, removeFromKubeconfig, stopCluster } from '../../cluster/index.ts'
import { clusterNameOf, findCluster, homeOf, userKubeconfig } from '../clusters.ts'
import { type Command, CommandError, nameFlag } from '../command.ts'

/** `cox down`: nothing of the cluster runs any more. */
export const command: Command = {
  name: 'down',
  summary: 'stop a cluster, its containers included; its data stays unless --purge',
  usage: 'cox down [--name N] [--purge]',
  positionalMax: 0,
  flags: [nameFlag, { name: 'purge', type: 'boolean', help: 'also remove its data and its kubectl context' }],
  async run(invocation) {
    const { terminal, flags, environment } = invocation
    const name = clusterNameOf(invocation)
    const found = await findCluster(invocation)
    if (found === undefined) {
      terminal.say(`there is no cluster named ${JSON.stringify(name)}; nothing to stop`)
      return 0
    }
    terminal.progress(`stopping cluster ${name}`)
    const left = await stopCluster(found.settings)
    terminal.clearProgress()
    if (left !== '') throw new CommandError(left)
    if (flags.purge === true) {
      const problem = found.settings.cloud === undefined ? '' : await leave(found.settings)
      if (problem !== '') terminal.say(problem)
      await homeOf(environment).forget(name)
      const { file } = await userKubeconfig(environment)
      await removeFromKubeconfig(file, name)
    }
    terminal.out(`cluster ${name} is down${flags.purge === true ? ' and its data is gone' : ''}`)
    return 0
  },
}

/** Takes what the cluster had out of its cloud; resolves with what people should know when that could not be done. */
async function leave(settings: ClusterSettings): Promise<string> {
  try {
    await leaveItsCloud(settings)
    return ''
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return `what the cluster had in the cloud ${settings.cloud?.name} stays there: ${why}`
  }
}
