import { mkdirSync, writeFileSync } from 'node:fs'
import { Session as Inspector } from 'node:inspector/promises'
import { join } from 'node:path'
import type { Session } from '../session.ts'

/**
 * Samples what this thread does and counts the calls to the API until the answer is called; writes `NAME.cpuprofile` and
 * `NAME.calls` to the folder.
 */
export async function startProfile(folder: string, name: string, api: Session): Promise<() => Promise<void>> {
  const inspector = new Inspector()
  inspector.connect()
  await inspector.post('Profiler.enable')
  await inspector.post('Profiler.setSamplingInterval', { interval: 1000 })
  await inspector.post('Profiler.start')
  const before = callsIn(await api.text('/metrics'))
  return async () => {
    const { profile } = await inspector.post('Profiler.stop')
    inspector.disconnect()
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, `${name}.cpuprofile`), JSON.stringify(profile))
    const made = [...callsIn(await api.text('/metrics'))].map(([call, count]) => [
      count - (before.get(call) ?? 0),
      call,
    ])
    const lines = made.toSorted(([left], [right]) => Number(right) - Number(left)).map((one) => one.join(' '))
    writeFileSync(join(folder, `${name}.calls`), `${lines.join('\n')}\n`)
  }
}

/** How many calls there were, by verb, resource and code. */
function callsIn(metrics: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const [, labels = '', count] of metrics.matchAll(/^apiserver_request_total\{(.*)\} (\d+)$/gm)) {
    const of = (label: string) => new RegExp(`(?:^|,)${label}="([^"]*)"`).exec(labels)?.[1] ?? ''
    const call = `${of('verb')} ${of('resource')}/${of('subresource')} ${of('code')}`
    counts.set(call, (counts.get(call) ?? 0) + Number(count))
  }
  return counts
}
