import { readFile, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import type { Log } from '../../machinery/index.ts'
import { type ConntrackChoices, hashSizeFor, mustWrite, settingsOf } from './plan.ts'

/** Where the kernel has these settings: those of its network namespace, and the size of the one table of all. */
const kernelFiles = {
  settings: '/proc/sys/net/netfilter',
  hashSize: '/sys/module/nf_conntrack/parameters/hashsize',
} as const

/**
 * Sets how the kernel tracks connections; what cannot be set (the limit within a namespace of its own, or anything where the
 * machine forbids it) stays as it is, and is logged.
 */
export async function tuneConntrack(
  choices: ConntrackChoices,
  log: Log,
  files: { readonly settings: string; readonly hashSize: string } = kernelFiles,
  cores = cpus().length,
): Promise<void> {
  for (const setting of settingsOf(choices, cores)) {
    const { name, value } = setting
    try {
      const file = `${files.settings}/${name}`
      if (!mustWrite(setting, await numberIn(file))) continue
      await writeFile(file, String(value))
      log.info('the tracking of connections is set', { name, value })
      if (name !== 'nf_conntrack_max') continue
      const hashSize = hashSizeFor(value, await numberIn(files.hashSize))
      if (hashSize !== undefined) await writeFile(files.hashSize, String(hashSize))
    } catch (error) {
      log.v(1).info('the tracking of connections stays as the machine has it', { name, error: String(error) })
    }
  }
}

async function numberIn(file: string): Promise<number> {
  return Number.parseInt(await readFile(file, 'utf8'), 10)
}
