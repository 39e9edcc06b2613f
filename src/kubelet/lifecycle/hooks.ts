import type { Clock } from '../../machinery/index.ts'
import type { LifecycleHandler, Pod } from '../../resources/index.ts'
import { headersOf, httpGet, portOf, tcpOpen, urlOf } from '../probes/http-get.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { AnyContainer } from '../sync/containers.ts'

export interface HookParts {
  readonly runtime: Pick<Runtime, 'execSync'>
  readonly clock: Clock
}
const httpTimeoutMs = 30_000
const userAgent = 'kube-lifecycle/1.36'

/** Runs a postStart or preStop hook to its end; rejects with what went wrong. */
export async function runHook(
  { runtime, clock }: HookParts,
  pod: Pod,
  container: AnyContainer,
  containerId: string,
  handler: LifecycleHandler,
): Promise<void> {
  const podIp = pod.status.podIP ?? ''
  const { exec, httpGet: http, tcpSocket, sleep } = handler
  if (exec !== undefined) {
    const command = exec.command ?? []
    const { exitCode, stdout, stderr } = await runtime.execSync(containerId, command, 0)
    if (exitCode !== 0) {
      const output = Buffer.concat([stdout, stderr]).toString('utf8')
      throw new Error(`command '${command.join(' ')}' exited with ${exitCode}: ${output}`)
    }
  } else if (http !== undefined) await hookGet(clock, urlOf(http, container, podIp), headersOf(http, userAgent))
  else if (tcpSocket !== undefined)
    await tcpOpen(clock, tcpSocket.host ?? podIp, portOf(tcpSocket.port, container), httpTimeoutMs)
  else if (sleep !== undefined) await clock.sleep(sleep.seconds * 1000)
}

/** Kubernetes: a hook that speaks TLS to a plain server is sent again without TLS. */
async function hookGet(clock: Clock, url: URL, headers: Record<string, string | string[]>): Promise<void> {
  const { status } = await httpGet(clock, url, headers, httpTimeoutMs).catch((error: Error) => {
    const plain = new URL(url)
    plain.protocol = 'http:'
    if (url.protocol !== 'https:' || !/wrong version number|packet length too long/.test(error.message)) throw error
    return httpGet(clock, plain, headers, httpTimeoutMs)
  })
  if (status >= 400) throw new Error(`HTTP hook failed with statuscode: ${status}`)
}
