import { RE2JS } from 're2js'

/** A regular expression in Go's syntax, matched in time linear in the text whatever the pattern. */
export interface GoRegex {
  /** Whether it matches somewhere in the text. */
  matches(text: string): boolean
}

const kept = new Map<string, GoRegex>()
const keptMax = 2000

/** The expression a pattern stands for; patterns met before are not compiled again. Throws when it is malformed. */
export function goRegex(pattern: string): GoRegex {
  const known = kept.get(pattern)
  if (known !== undefined) return known
  const compiled = RE2JS.compile(pattern)
  const regex: GoRegex = { matches: (text) => compiled.test(text) }
  if (kept.size >= keptMax) kept.clear()
  kept.set(pattern, regex)
  return regex
}

/** Why a pattern is malformed, in the words of Go's regexp package; undefined when it is fine. */
export function goRegexProblem(pattern: string): string | undefined {
  try {
    goRegex(pattern)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
