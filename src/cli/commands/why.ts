import { createClient, httpTransport } from '../../client/index.ts'
import { adminCredentials } from '../../cluster/index.ts'
import { systemClock } from '../../machinery/index.ts'
import { needCluster } from '../clusters.ts'
import { type Command, CommandError, jsonFlag, nameFlag } from '../command.ts'
import { UsageError } from '../flags.ts'
import { findingText } from '../why/finding.ts'
import { explained, explanationOf } from '../why/why.ts'

/** `cox why`: the chain from what is wrong with an object to what it comes from, and what would help. */
export const command: Command = {
  name: 'why',
  summary:
    'say why a pod waits, a Deployment does not get on, a claim has no volume, a namespace does not go, or a node is not ready',
  usage: 'cox why KIND/NAME [-n NAMESPACE] [--name N] [--json]',
  positionalMax: 2,
  flags: [
    nameFlag,
    { name: 'namespace', short: 'n', type: 'string', value: 'NAMESPACE', help: 'the namespace (default: default)' },
    jsonFlag,
  ],
  async run(invocation) {
    const { terminal, flags, positional } = invocation
    const [kind = '', name = ''] = positional.length === 2 ? positional : (positional[0] ?? '').split('/')
    const explain = explanationOf(kind)
    if (explain === undefined || name === '')
      throw new UsageError(`say what to explain: ${explained.map((one) => `cox why ${one}/NAME`).join(', ')}`)
    const { settings, running } = await needCluster(invocation)
    if (!running)
      throw new CommandError(`cluster ${JSON.stringify(settings.name)} is not running; start it with \`cox up\``)
    const client = createClient(httpTransport(await adminCredentials(settings), 'cox'))
    const namespace = flags.namespace === undefined ? 'default' : String(flags.namespace)
    const finding = await explain({ client, nowMs: systemClock().now() }, namespace, name)
    if (finding === undefined)
      throw new CommandError(
        `there is no ${kind} ${JSON.stringify(name)}${kind.startsWith('n') ? '' : ` in namespace ${namespace}; -n NAMESPACE looks elsewhere`}`,
      )
    if (flags.json === true) terminal.out(JSON.stringify(finding))
    else terminal.out(findingText(finding, (style, text) => terminal.style(style, text)))
    return 0
  },
}
