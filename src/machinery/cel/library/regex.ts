/** Regular expressions of RE2, compiled once per pattern and known to the planner when constant. */
import { RE2JS } from 're2js'
import type { FunctionDeclaration } from '../check/declarations.ts'
import { intType, listOf, stringType } from '../types/type.ts'
import { CelError, type Value } from '../values/value.ts'
import { member } from './declare.ts'

const compiled = new Map<string, RE2JS | CelError>()
/** So that patterns made at run time cannot fill the memory. */
const compiledMax = 500

/** What Go says about a pattern it cannot read. */
function problemOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return `error parsing regexp: ${message.replace(/^error parsing regexp: /, '')}`
}

/** The compiled pattern, or the error that names what is wrong with it. */
export function patternOf(source: string): RE2JS | CelError {
  const known = compiled.get(source)
  if (known !== undefined) return known
  let pattern: RE2JS | CelError
  try {
    pattern = RE2JS.compile(source)
  } catch (error) {
    pattern = new CelError(problemOf(error))
  }
  if (compiled.size >= compiledMax) compiled.clear()
  compiled.set(source, pattern)
  return pattern
}

/** Whether a pattern is found anywhere in a text. */
export function matchesPattern(text: string, source: string): Value {
  const pattern = patternOf(source)
  return pattern instanceof CelError ? pattern : pattern.matcher(text).find()
}

function findAll(text: string, source: string, limit: number): Value {
  const pattern = patternOf(source)
  if (pattern instanceof CelError) return new CelError(`Illegal regex: ${pattern.message}`)
  const matcher = pattern.matcher(text)
  const found: string[] = []
  let previousEnd = -1
  while ((limit < 0 || found.length < limit) && matcher.find()) {
    // Kubernetes: an empty match right after a match does not count.
    if (matcher.start() === matcher.end() && matcher.start() === previousEnd) continue
    previousEnd = matcher.end()
    found.push(matcher.group() ?? '')
  }
  return found
}

/** `find` and `findAll`. */
export const regexFunctions: readonly FunctionDeclaration[] = [
  {
    name: 'find',
    overloads: [
      member('string_find_string', [stringType, stringType], stringType, ([text, source]) => {
        const found = findAll(text as string, source as string, 1)
        return found instanceof CelError ? found : ((found as string[])[0] ?? '')
      }),
    ],
  },
  {
    name: 'findAll',
    overloads: [
      member('string_find_all_string', [stringType, stringType], listOf(stringType), ([text, source]) =>
        findAll(text as string, source as string, -1),
      ),
      member(
        'string_find_all_string_int',
        [stringType, stringType, intType],
        listOf(stringType),
        ([text, source, limit]) => findAll(text as string, source as string, Number(limit)),
      ),
    ],
  },
]
