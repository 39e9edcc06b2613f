import type { Input } from './input.ts'

interface Rule {
  readonly type: string
  readonly path: string
  readonly value?: unknown
  readonly from?: string
  readonly when?: string
  readonly gateDefault?: boolean
  readonly dynamic?: boolean
}
const simpleConditions = [undefined, 'nil', '0', 'empty']

/** The text of defaults-table.ts: the defaults that depend on nothing but the absence of their field. */
export function defaultsModule(input: Input): string {
  const rules: Record<string, [string, unknown][]> = {}
  for (const given of input.defaults.byType as readonly Rule[]) {
    const rule = ofWholeJobs(given)
    const isSimple =
      'value' in rule && rule.dynamic !== true && rule.gateDefault !== false && simpleConditions.includes(rule.when)
    if (!isSimple || !isField(input, rule.type, rule.path)) continue
    rules[rule.type] ??= []
    rules[rule.type]!.push([rule.path, rule.value])
  }
  for (const [sibling, type] of olderVersions(input, Object.keys(rules))) {
    const kept = rules[type]!.filter(([path]) => isField(input, sibling, path))
    if (kept.length > 0) rules[sibling] = kept
  }
  const lines = Object.entries(rules).map(([type, list]) => `  '${type}': ${JSON.stringify(list)},`)
  return `// Written by scripts/generate-resources.ts; do not edit.
import type { DefaultRule } from '../../machinery/index.ts'

/** For each type, the values its fields get when they are not set. */
export const defaultsTable: Readonly<Record<string, readonly DefaultRule[]>> = {
${lines.join('\n')}
}
`
}

/** Kubernetes: a Job is filled in, but not the template of one within a CronJob. */
function ofWholeJobs(rule: Rule): Rule {
  if (rule.type !== 'io.k8s.api.batch.v1.JobSpec') return rule
  return { ...rule, type: 'io.k8s.api.batch.v1.Job', path: `spec.${rule.path}` }
}

/** Alpha and beta versions of types that have rules, and no rules of their own; they follow the stable version. */
function olderVersions(input: Input, types: readonly string[]): readonly (readonly [string, string])[] {
  return types.flatMap((type) => {
    const stable = /^(.*\.)v1(\.[^.]+)$/.exec(type)
    if (stable === null) return []
    const pattern = new RegExp(
      `^${stable[1]!.replaceAll('.', '\\.')}v\\d(?:alpha|beta)\\d${stable[2]!.replaceAll('.', '\\.')}$`,
    )
    return Object.keys(input.types)
      .filter((other) => pattern.test(other) && !types.includes(other))
      .map((other) => [other, type] as const)
  })
}

function isField(input: Input, type: string, path: string): boolean {
  let owner: string | undefined = type
  for (const part of path.split('.')) {
    owner = owner === undefined ? undefined : fieldType(input, owner, part)
    if (owner === undefined) return false
  }
  return true
}
function fieldType(input: Input, type: string, name: string): string | undefined {
  for (const field of input.types[type]?.fields ?? []) {
    if (field.name === name) return field.type
    if (field.name === '') {
      const inner = fieldType(input, field.type, name)
      if (inner !== undefined) return inner
    }
  }
  return undefined
}
