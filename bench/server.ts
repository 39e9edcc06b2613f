import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import type { Session } from './session.ts'

/** A control plane in a process of its own. */
export interface Server {
  readonly kubeconfig: string
  memory(reset?: boolean): Promise<{ readonly rss: number; readonly peak: number }>
  /** Milliseconds of processor time its process has used, all threads together. */
  cpuMs(): Promise<number>
  stop(): void
}

export async function startServer(how: 'with controllers' | 'alone' = 'with controllers'): Promise<Server> {
  const child: ChildProcess = fork(join(import.meta.dirname, 'watch-server.ts'), how === 'alone' ? [how] : [], {
    execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
    // The client's certificate would otherwise be asked of the parent's environment.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const next = () => new Promise<any>((resolve) => child.once('message', resolve))
  const ask = (what: string) => {
    const answer = next()
    child.send(what)
    return answer
  }
  const { kubeconfig } = await next()
  return {
    kubeconfig,
    memory: (reset = false) => ask(reset ? 'reset' : 'memory'),
    cpuMs: async () => (await ask('cpu')).cpuMs,
    stop: () => void child.send('stop'),
  }
}

/** How long requests took by the server's own measure, from apiserver_request_duration_seconds; `about` is in their labels. */
export async function requestSeconds(
  { text }: Session,
  ...about: readonly string[]
): Promise<{ readonly sum: number; readonly count: number }> {
  const lines = (await text('/metrics')).split('\n')
  const total = (of: string) =>
    lines
      .filter((line) => line.startsWith(`apiserver_request_duration_seconds_${of}{`))
      .filter((line) => about.every((label) => line.includes(label)))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
  return { sum: total('sum'), count: total('count') }
}

/** Milliseconds a request took on average, by the server's own measure, of those that `run` sends. */
export async function serverMs(session: Session, about: readonly string[], run: () => Promise<void>): Promise<number> {
  const before = await requestSeconds(session, ...about)
  await run()
  const after = await requestSeconds(session, ...about)
  return ((after.sum - before.sum) / (after.count - before.count)) * 1000
}
