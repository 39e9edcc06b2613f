import {
  type Clock,
  type HealthCheck,
  healthAnswer,
  healthMeasures,
  type LogLevels,
  Metrics,
  putLevel,
  type SelfDescription,
  StatusError,
  zPage,
} from '../../machinery/index.ts'

/** One request to a component, whichever way it came. */
export interface Asked {
  readonly method: string
  readonly url: URL
  readonly accept: string | undefined
  body(): Promise<string>
}
/** What a component answers. */
export interface Told {
  readonly code: number
  readonly text: string
  /** Plain text unless given. */
  readonly type?: string
  readonly warning?: string
}
type Page = (asked: Asked) => Told | Promise<Told>

/** A component, as its pages tell of it. */
export interface ComponentParts {
  readonly self: Omit<SelfDescription, 'paths'>
  readonly clock: Clock
  /** The component's own metrics, and those of the process it runs in. */
  readonly metrics: { readonly own: Metrics; readonly process: Metrics }
  readonly levels: LogLevels
  /** What the log calls it. */
  readonly logName: string
  /** Its health checks, by the path that they are behind. */
  readonly health: Readonly<Partial<Record<'/healthz' | '/livez' | '/readyz', readonly HealthCheck[]>>>
  /** What /configz calls its configuration, and that. */
  readonly configuration: { readonly name: string; read(): object }
  /** Pages that this component alone has. */
  readonly more?: Readonly<Record<string, Page>>
}

const exposition = 'text/plain; version=0.0.4; charset=utf-8'
/** Of the process, all components that run in it tell the same. */
const ofProcess = /^(?:process_|go_|kubernetes_build_info$|kubernetes_feature_enabled$|version_info$)/
const notFound: Told = { code: 404, text: '404 page not found\n' }

/** Everything a component tells about itself over HTTP. */
export function componentPages(parts: ComponentParts): (asked: Asked) => Promise<Told> {
  const { metrics, levels, logName, configuration, more = {} } = parts
  const slis = new Metrics()
  const note = healthMeasures(slis)
  const pages: Readonly<Record<string, Page>> = {
    '/configz': () => json({ [configuration.name]: configuration.read() }),
    '/debug/flags/v': async ({ method, body }) => {
      if (method !== 'PUT') return { code: 406, text: 'unrecognized http method\n' }
      return putLevel(levels, logName, await body())
    },
    '/metrics': () => ({
      code: 200,
      text: metrics.process.text((name) => ofProcess.test(name)) + metrics.own.text((name) => !ofProcess.test(name)),
      type: exposition,
    }),
    '/metrics/slis': () => ({ code: 200, text: slis.text(), type: exposition }),
    ...more,
  }
  const self: SelfDescription = {
    ...parts.self,
    paths: () => [...Object.keys(parts.health), ...Object.keys(pages), ...parts.self.pages].sort(),
  }
  return async (asked) => {
    const { pathname } = asked.url
    const root = `/${pathname.split('/')[1]}` as '/healthz'
    const checks = parts.health[root]
    if (checks !== undefined)
      return healthAnswer({ livez: checks, readyz: checks }, pathname, asked.url, note) ?? notFound
    try {
      const page = zPage(self, pathname, asked.accept, parts.clock.now())
      if (page !== undefined) return { code: 200, ...page }
    } catch (error) {
      if (error instanceof StatusError) return failure(error)
      throw error
    }
    return (await pages[pathname]?.(asked)) ?? notFound
  }
}

/** An object as JSON. */
export function json(value: object, code = 200): Told {
  return { code, text: JSON.stringify(value), type: 'application/json' }
}

/** A refusal as its Status. */
export function failure({ status }: StatusError): Told {
  return json(status, status.code ?? 500)
}
