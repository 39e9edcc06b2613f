import type { Metrics } from '../metrics/metrics.ts'

export interface HealthCheck {
  readonly name: string
  /** Empty when well, else what is wrong. */
  check(): string
}
/** Told how a check went, by its name and by the path that was asked. */
export type NoteCheck = (name: string, type: string, isWell: boolean) => void

/** Kubernetes' metrics of health checks, which have a page of their own. */
export function healthMeasures(metrics: Metrics): NoteCheck {
  const now = metrics.gauge('kubernetes_healthcheck', 'This metric records the result of a single healthcheck.')
  const total = metrics.counter('kubernetes_healthchecks_total', 'This metric records the results of all healthcheck.')
  return (name, type, isWell) => {
    now.set(isWell ? 1 : 0, { name, type })
    total.inc({ name, status: isWell ? 'success' : 'error', type })
  }
}

/** The checks behind each of the paths. */
export interface Health {
  readonly livez: readonly HealthCheck[]
  readonly readyz: readonly HealthCheck[]
}

/** What /livez, /readyz and /healthz answer, with each check that was made told of; undefined for other paths. */
export function healthAnswer(
  health: Health,
  path: string,
  url: URL,
  note: NoteCheck,
): { code: number; text: string } | undefined {
  const [, root = '', name] = path.split('/')
  if (root !== 'healthz' && root !== 'livez' && root !== 'readyz') return undefined
  const checks = root === 'readyz' ? health.readyz : health.livez
  if (name !== undefined && name !== '') {
    const one = checks.find((check) => check.name === path.slice(root.length + 2))
    if (one === undefined) return undefined
    const problem = one.check()
    note(one.name, root, problem === '')
    return problem === '' ? { code: 200, text: 'ok' } : { code: 500, text: `internal server error: ${problem}` }
  }
  const excluded = new Set(url.searchParams.getAll('exclude'))
  const results = checks.map(({ name: check, check: run }) => ({
    check,
    problem: excluded.has(check) ? '' : run(),
    excluded: excluded.has(check),
  }))
  for (const { check, problem, excluded: left } of results) if (!left) note(check, root, problem === '')
  const failed = results.filter(({ problem }) => problem !== '')
  const lines = results.map(({ check, problem, excluded: left }) =>
    left ? `[+]${check} excluded: ok` : problem === '' ? `[+]${check} ok` : `[-]${check} failed: reason withheld`,
  )
  if (failed.length > 0) return { code: 500, text: `${lines.join('\n')}\n${root} check failed\n` }
  return { code: 200, text: url.searchParams.has('verbose') ? `${lines.join('\n')}\n${root} check passed\n` : 'ok' }
}
