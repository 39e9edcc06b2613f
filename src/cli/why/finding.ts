/** One link of an explanation: what is so, what would change it, and what it comes from. */
export interface Finding {
  /** `Pod/default/web-1`, `APIService/v1beta1.metrics.k8s.io`. */
  readonly about: string
  readonly says: string
  /** What to do, as a phrase or a command. */
  readonly remedy?: string
  readonly because?: readonly Finding[]
}

export type Paint = (style: 'bold' | 'dim' | 'cyan', text: string) => string

/** An explanation as indented lines: each cause below what it explains. */
export function findingText(finding: Finding, paint: Paint = (_, text) => text, depth = 0): string {
  const indent = '  '.repeat(depth)
  const arrow = depth === 0 ? '' : '└ '
  const lines = [`${indent}${arrow}${paint('bold', finding.about)} ${finding.says}`]
  if (finding.remedy !== undefined && finding.remedy !== '')
    lines.push(`${indent}${depth === 0 ? '' : '  '}${paint('cyan', '→')} ${finding.remedy}`)
  for (const cause of finding.because ?? []) lines.push(findingText(cause, paint, depth + 1))
  return lines.join('\n')
}

/** `3 minutes`, `2 hours`: how long ago, in the largest unit that is at least one. */
export function ageText(ms: number): string {
  const units: readonly (readonly [string, number])[] = [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['second', 1000],
  ]
  for (const [name, size] of units) {
    const count = Math.floor(ms / size)
    if (count >= 1) return `${count} ${name}${count === 1 ? '' : 's'}`
  }
  return 'a moment'
}
