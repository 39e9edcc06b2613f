/** A control plane in a process of its own, so that its memory can be told apart from that of its load. */
import { startCluster } from '../src/index.ts'

const cluster = await startCluster({ nodes: 0 })
const collect = (globalThis as { gc?: () => void }).gc
let peak = 0
setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss())
}, 20).unref()
process.on('message', (message) => {
  if (message === 'reset') {
    collect?.()
    peak = process.memoryUsage.rss()
  }
  if (message === 'stop') process.exit(0)
  collect?.()
  process.send!({ rss: process.memoryUsage.rss(), peak: Math.max(peak, process.memoryUsage.rss()) })
})
process.send!({ kubeconfig: await cluster.kubeconfig() })
