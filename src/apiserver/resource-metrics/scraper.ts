import { type Clock, untilAborted } from '../../machinery/index.ts'
import { type Node, nodes } from '../../resources/index.ts'
import type { Registry } from '../registry/registry.ts'
import type { NodeConnection } from '../streams/connections.ts'
import { kubeletOf } from '../streams/streams.ts'
import { type NodeScrape, type PodUsage, Points, pointsOf, resolutionMs, type Usage } from './points.ts'

export interface ScraperParts {
  readonly registry: () => Registry
  readonly connectNode: NodeConnection
  readonly clock: Clock
  readonly onError: (error: unknown, about: string) => void
}

/** After so long without a question nobody is taken to be interested. */
const interestMs = 5 * 60_000
/** Between the first two scrapes, for which somebody waits. */
const firstWindowMs = 2_000
const scrapeTimeoutMs = 10_000
const scrapesAtOnce = 32

/** Asks kubelets what is used, as long as somebody wants to know; nothing is asked or kept otherwise. */
export class Scraper {
  readonly #parts: ScraperParts
  readonly #points = new Points()
  readonly #stop = new AbortController()
  #askedAtMs = 0
  #running: Promise<void> | undefined
  #known: Promise<void> | undefined

  constructor(parts: ScraperParts) {
    this.#parts = parts
  }

  /** Scrapes, when it is asked to, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await untilAborted(signal)
    this.#stop.abort()
    await this.#running
  }

  /** Notes that somebody wants to know; resolves once there is something to tell. */
  async asked(): Promise<void> {
    this.#askedAtMs = this.#parts.clock.monotonic()
    if (this.#stop.signal.aborted) return
    this.#known ??= new Promise<void>((resolve) => {
      this.#running = this.#scrapeWhileAsked(resolve).finally(() => {
        resolve()
        this.#points.clear()
        this.#known = undefined
      })
    })
    await this.#known
  }

  node(name: string): Usage | undefined {
    return this.#points.node(name)
  }

  pod(namespace: string, name: string): PodUsage | undefined {
    return this.#points.pod(`${namespace}/${name}`)
  }

  async #scrapeWhileAsked(onKnown: () => void): Promise<void> {
    const { clock } = this.#parts
    const { signal } = this.#stop
    await this.#scrape()
    await clock.sleep(firstWindowMs, signal).catch(() => {})
    while (!signal.aborted && clock.monotonic() - this.#askedAtMs < interestMs) {
      const startedMs = clock.monotonic()
      await this.#scrape()
      onKnown()
      const leftMs = startedMs + resolutionMs - clock.monotonic()
      await clock.sleep(Math.max(0, leftMs), signal).catch(() => {})
    }
  }

  /** One round: all nodes side by side, those that do not answer left out. */
  async #scrape(): Promise<void> {
    const { registry, onError } = this.#parts
    try {
      const waiting = (await registry().all<Node>(nodes)).filter((node) => !isSilent(node))
      const found: (readonly [string, NodeScrape])[] = []
      const work = async () => {
        for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
          const scrape = await this.#scrapeNode(node).catch(() => undefined)
          if (scrape !== undefined) found.push([node.metadata.name, scrape])
        }
      }
      await Promise.all(Array.from({ length: scrapesAtOnce }, work))
      if (!this.#stop.signal.aborted) this.#points.take(found)
    } catch (error) {
      if (!this.#stop.signal.aborted) onError(error, 'metrics of nodes')
    }
  }

  async #scrapeNode(node: Node): Promise<NodeScrape | undefined> {
    const { connectNode, clock } = this.#parts
    const late = new AbortController()
    using _timer = clock.after(scrapeTimeoutMs, () => late.abort())
    const signal = AbortSignal.any([this.#stop.signal, late.signal])
    const headers = { accept: 'text/plain' }
    const request = { method: 'GET', path: '/metrics/resource', headers }
    const { status, body } = await connectNode(kubeletOf(node)).request(request, signal)
    const chunks: Uint8Array[] = []
    for await (const chunk of body) chunks.push(chunk)
    return status === 200 ? pointsOf(Buffer.concat(chunks).toString(), clock.now()) : undefined
  }
}

/** Unlike Kubernetes: nothing is asked of nodes that have fallen silent, since all others would wait for them. */
function isSilent({ status }: Node): boolean {
  return status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'Unknown') === true
}
