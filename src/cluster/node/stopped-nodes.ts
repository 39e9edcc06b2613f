import { watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { ClusterSettings } from '../config/settings.ts'
import { layoutOf } from '../process/directory.ts'
import { readStoppedNodes } from './power.ts'

/** The switches of simulated nodes. */
export interface PowerSwitches {
  list(): readonly { readonly name: string; readonly running: boolean }[]
  stop(name: string): void
  start(name: string): void
}

/** Keeps the switches as `cox node stop|start` left them, until the signal aborts. */
export function followPower(
  settings: ClusterSettings,
  switches: PowerSwitches,
  onError: (error: unknown) => void,
  signal: AbortSignal,
): void {
  const file = layoutOf(settings.dataDirectory).stoppedNodes
  const set = async () => {
    const stopped = new Set(await readStoppedNodes(settings.dataDirectory))
    for (const { name, running } of switches.list()) {
      if (running && stopped.has(name)) switches.stop(name)
      else if (!running && !stopped.has(name)) switches.start(name)
    }
  }
  const watcher = watch(dirname(file), (_event, name) => {
    if (name === basename(file)) set().catch(onError)
  })
  watcher.on('error', onError)
  signal.addEventListener('abort', () => watcher.close(), { once: true })
  set().catch(onError)
}
