import type { ClusterSettings } from '../config/settings.ts'

/** Runs the whole cluster in this process. Loaded only here: the other commands and the supervisor stay small. */
export async function runClusterProcess(settings: ClusterSettings, signal: AbortSignal): Promise<number> {
  const { runClusterProcess: run } = await import('../all-in-one.ts')
  return run(settings, signal)
}
