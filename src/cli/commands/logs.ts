import { watch } from 'node:fs'
import { open, readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type LoggedComponent, layoutOf, loggedComponents } from '../../cluster/index.ts'
import { needCluster } from '../clusters.ts'
import { type Command, CommandError, nameFlag } from '../command.ts'
import { UsageError } from '../flags.ts'

/** Of each file, this much of its end is shown. */
const tailBytes = 64 << 10

/** `cox logs`: what the components wrote, in order of time. */
export const command: Command = {
  name: 'logs',
  summary: 'show what a cluster’s components log',
  usage: `cox logs [${loggedComponents.join('|')}] [-f] [--name N]`,
  positionalMax: 1,
  flags: [nameFlag, { name: 'follow', short: 'f', type: 'boolean', help: 'go on showing what is written' }],
  async run(invocation) {
    const { terminal, flags, positional, signal } = invocation
    const [wanted] = positional
    if (wanted !== undefined && wanted !== 'process' && !loggedComponents.includes(wanted as LoggedComponent)) {
      throw new UsageError(`there is no component ${JSON.stringify(wanted)}: there are ${loggedComponents.join(', ')}`)
    }
    const { settings } = await needCluster(invocation)
    const directories = await logDirectories(layoutOf(settings.dataDirectory).logs)
    const names = wanted === undefined ? [...loggedComponents, 'process'] : [wanted]
    const files = directories.flatMap((directory) => names.map((name) => join(directory, `${name}.log`)))
    const lines: { readonly key: string; readonly line: string }[] = []
    const positions = new Map<string, number>()
    for (const file of files) {
      const { text, end } = await readFrom(file, 'tail')
      positions.set(file, end)
      for (const line of text.split('\n')) if (line !== '') lines.push({ key: sortKey(line), line })
    }
    lines.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    for (const { line } of lines) terminal.out(line)
    if (flags.follow !== true) {
      if (lines.length === 0) terminal.say('nothing has been logged yet')
      return 0
    }
    await follow(files, positions, (text) => terminal.out(text), signal)
    return 0
  },
}

/** The cluster's own logs, and those of each of its nodes that has a process of its own. */
async function logDirectories(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => [])
  return [directory, ...entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(directory, name))]
}

/** klog lines carry the date behind their first letter, JSON lines in `ts`; both sort by it. */
function sortKey(line: string): string {
  if (line.startsWith('{')) return line.slice(0, 24)
  return line.slice(1, 25)
}

async function readFrom(file: string, from: number | 'tail'): Promise<{ readonly text: string; readonly end: number }> {
  const size = (await stat(file).catch(() => undefined))?.size ?? 0
  const start = from === 'tail' ? Math.max(0, size - tailBytes) : from > size ? 0 : from
  if (size === start) return { text: '', end: size }
  const handle = await open(file, 'r')
  try {
    const buffer = Buffer.alloc(size - start)
    await handle.read(buffer, 0, buffer.length, start)
    const text = buffer.toString()
    return { text: from === 'tail' && start > 0 ? text.slice(text.indexOf('\n') + 1) : text, end: size }
  } finally {
    await handle.close()
  }
}

async function follow(
  files: readonly string[],
  positions: Map<string, number>,
  show: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const more = async () => {
    for (const file of files) {
      const { text, end } = await readFrom(file, positions.get(file) ?? 0)
      positions.set(file, end)
      if (text !== '') show(text)
    }
  }
  await new Promise<void>((resolve, reject) => {
    let reading = Promise.resolve()
    const watchers = [...new Set(files.map((file) => dirname(file)))].map((directory) =>
      watch(directory, () => {
        reading = reading.then(more).catch(reject)
      }),
    )
    for (const watcher of watchers)
      watcher.on('error', (error) => reject(new CommandError(`the logs cannot be followed: ${error.message}`)))
    signal.addEventListener(
      'abort',
      () => {
        for (const watcher of watchers) watcher.close()
        resolve()
      },
      { once: true },
    )
  })
}
