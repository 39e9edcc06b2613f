import { type FieldError, invalid } from '../status/status.ts'

/** How much a namespace lets its pods do. */
export type PodSecurityLevel = 'privileged' | 'baseline' | 'restricted'

/** A level as it was in one minor release, or as it is in the newest. */
export interface PodSecurityStandard {
  readonly level: PodSecurityLevel
  readonly version: number | 'latest'
}

/** What is refused, noted in the audit log, and warned of. */
export interface PodSecurityPolicy {
  readonly enforce: PodSecurityStandard
  readonly audit: PodSecurityStandard
  readonly warn: PodSecurityStandard
}

const levels: readonly PodSecurityLevel[] = ['privileged', 'baseline', 'restricted']
const labelPrefix = 'pod-security.kubernetes.io/'

/** `restricted:v1.25`, as messages name a standard. */
export const standardText = ({ level, version }: PodSecurityStandard): string =>
  `${level}:${version === 'latest' ? version : `v1.${version}`}`

/** Whether the first level allows less than the second. */
export const isStricter = (one: PodSecurityLevel, other: PodSecurityLevel): boolean =>
  levels.indexOf(one) > levels.indexOf(other)

/** Whether nothing at all is looked at. */
export const isFullyPrivileged = ({ enforce, audit, warn }: PodSecurityPolicy): boolean =>
  [enforce, audit, warn].every(({ level }) => level === 'privileged')

/** Whether two policies ask the same: the version of a level that asks nothing does not matter. */
export function asksTheSame(one: PodSecurityPolicy, other: PodSecurityPolicy): boolean {
  const same = (a: PodSecurityStandard, b: PodSecurityStandard) =>
    a.level === b.level && (a.level === 'privileged' || a.version === b.version)
  return same(one.enforce, other.enforce) && same(one.audit, other.audit) && same(one.warn, other.warn)
}

const asLevel = (text: string) => levels.find((one) => one === text)

function asVersion(text: string): PodSecurityStandard['version'] | undefined {
  if (text === 'latest') return text
  const minor = /^v1\.(0|[1-9][0-9]*)$/.exec(text)?.[1]
  return minor === undefined ? undefined : Number(minor)
}

/**
 * What the labels of a namespace ask, and what is wrong with them. There is always a policy to go by.
 * Kubernetes: an unreadable label means the strictest where pods are refused, and nothing where they are only noted.
 */
export function podSecurityPolicyOf(
  labels: Readonly<Record<string, string>>,
  defaults: PodSecurityPolicy,
): { readonly policy: PodSecurityPolicy; readonly errors: readonly FieldError[] } {
  const errors: FieldError[] = []
  const wrong = (label: string, why: string) =>
    void errors.push(invalid(`metadata.labels[${labelPrefix}${label}]`, labels[labelPrefix + label], why))
  const read = (mode: keyof PodSecurityPolicy, ifUnreadable: PodSecurityLevel): PodSecurityStandard => {
    let { level, version } = defaults[mode]
    const levelText = labels[labelPrefix + mode]
    if (levelText !== undefined) {
      const known = asLevel(levelText)
      if (known === undefined) wrong(mode, `must be one of ${levels.join(', ')}`)
      level = known ?? ifUnreadable
    }
    const versionText = labels[`${labelPrefix}${mode}-version`]
    if (versionText !== undefined) {
      const known = asVersion(versionText)
      if (known === undefined) wrong(`${mode}-version`, 'must be "latest" or "v1.x"')
      version = known ?? 'latest'
    }
    return { level, version }
  }
  const enforce = read('enforce', 'restricted')
  const audit = read('audit', 'privileged')
  let warn = read('warn', 'privileged')
  const enforced = asLevel(labels[`${labelPrefix}enforce`] ?? '')
  // Kubernetes: who enforces a stricter level is warned of it as well, unless told otherwise.
  if (labels[`${labelPrefix}warn`] === undefined && enforced !== undefined && isStricter(enforced, warn.level))
    warn = {
      level: enforced,
      version: labels[`${labelPrefix}warn-version`] === undefined ? enforce.version : warn.version,
    }
  return { policy: { enforce, audit, warn }, errors }
}

/** The policy with those of its parts that a namespace's labels state, in few words: `enforce=baseline:latest, …`. */
export function statedPolicyText(policy: PodSecurityPolicy, labels: Readonly<Record<string, string>>): string {
  const isStated = (mode: string) =>
    labels[labelPrefix + mode] !== undefined || labels[`${labelPrefix}${mode}-version`] !== undefined
  return (['enforce', 'audit', 'warn'] as const)
    .filter((mode) => policy[mode].level !== 'privileged' && isStated(mode))
    .map((mode) => `${mode}=${standardText(policy[mode])}`)
    .join(', ')
}
