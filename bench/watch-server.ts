/** A control plane in a process of its own, so that what it takes can be told apart from what its load takes. */
import { startCluster } from '../src/index.ts'

/** Alone, what it takes is the API's and nobody else's: in a cluster, controllers take their turns of the same thread. */
const isAlone = process.argv[2] === 'alone'
const cluster = await startCluster({ nodes: 0, without: isAlone ? ['controllers', 'scheduler'] : [] })
const collect = (globalThis as { gc?: () => void }).gc
let peak = 0
let watching: NodeJS.Timeout | undefined
process.on('message', (message) => {
  if (message === 'stop') process.exit(0)
  if (message === 'cpu') {
    const { user, system } = process.cpuUsage()
    process.send!({ cpuMs: (user + system) / 1000 })
    return
  }
  collect?.()
  const rss = process.memoryUsage.rss()
  if (message === 'reset') {
    peak = rss
    watching ??= setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss())
    }, 20).unref()
  } else clearInterval(watching)
  process.send!({ rss, peak: Math.max(peak, rss) })
})
process.send!({ kubeconfig: await cluster.kubeconfig() })
