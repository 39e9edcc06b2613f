import { readLogLevels, setLogLevel } from '../../cluster/index.ts'
import { needCluster } from '../clusters.ts'
import { type Command, CommandError, jsonFlag, nameFlag } from '../command.ts'
import { UsageError } from '../flags.ts'
import { table } from '../terminal.ts'

const levelMax = 10

/** `cox log-level`: how much each part logs, changed while it runs. */
export const command: Command = {
  name: 'log-level',
  summary: 'show or change how much a part of a running cluster logs',
  usage: 'cox log-level [PART[/CONTROLLER] [LEVEL|default]] [--name N] [--json]',
  positionalMax: 2,
  flags: [nameFlag, jsonFlag],
  async run(invocation) {
    const { terminal, flags, positional } = invocation
    const [part, wanted] = positional
    const level = wanted === undefined || wanted === 'default' ? undefined : Number(wanted)
    if (level !== undefined && !(Number.isInteger(level) && level >= 0 && level <= levelMax))
      throw new UsageError(
        `the level ${JSON.stringify(wanted)} is not a whole number from 0 to ${levelMax}, or default`,
      )
    const { settings, running } = await needCluster(invocation)
    if (!running) throw new CommandError('the cluster is not running; start it with `cox up`')
    try {
      if (part !== undefined && wanted !== undefined) await setLogLevel(settings, part, level)
      const levels = await readLogLevels(settings)
      const shown = part === undefined ? levels : levels.filter((one) => one.part === part)
      if (shown.length === 0)
        throw new CommandError(
          `there is no part ${JSON.stringify(part)}: there are ${levels.map((one) => one.part).join(', ')}`,
        )
      if (flags.json === true) terminal.out(JSON.stringify(shown))
      else
        terminal.out(
          table(
            ['PART', 'LEVEL', 'SET'],
            shown.map((one) => [one.part, String(one.level), one.isOwn ? 'here' : 'by default']),
          ),
        )
      return 0
    } catch (error) {
      if (error instanceof CommandError) throw error
      throw new CommandError(error instanceof Error ? error.message : String(error))
    }
  },
}
