import { execFile, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Runs one nft transaction; all of it takes effect, or none. Rejects with what nft says. */
export function applyTransaction(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('nft', ['-f', '-'], { stdio: ['pipe', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk
    })
    child.stdin.on('error', () => {})
    child.once('error', reject)
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`nft refused the rules: ${said.trim().slice(0, 2000)}`)),
    )
    child.stdin.end(text)
  })
}

/** Takes the proxy's table away; nothing happens when it is not there. */
export async function removeProxyRules(table: string): Promise<void> {
  await applyTransaction(`add table ip ${table}\ndelete table ip ${table}\n`)
}

/** Forgets UDP flows to a service that would go on to an endpoint that is gone (or to nowhere). */
export async function forgetUdpFlows(
  ip: string | undefined,
  port: number,
  endpoint: string | undefined,
): Promise<void> {
  const match = [
    '-p',
    'udp',
    ...(ip === undefined ? [] : ['--orig-dst', ip]),
    '--orig-port-dst',
    String(port),
    ...(endpoint === undefined ? [] : ['--dst-nat', endpoint]),
  ]
  // Exit code 1 only means that there was no such flow.
  await run('conntrack', ['-D', ...match]).catch(() => {})
}

/** Lets the kernel route between pods and look at bridged packets, without which services of the same node break. */
export async function prepareKernel(): Promise<void> {
  await writeFile('/proc/sys/net/ipv4/ip_forward', '1').catch(() => {})
  await writeFile('/proc/sys/net/bridge/bridge-nf-call-iptables', '1').catch(() => {})
}
