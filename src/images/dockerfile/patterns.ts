/** A path pattern as Go's filepath.Match knows it, with `**` for any number of directories. */
export function patternExpression(pattern: string): RegExp {
  let source = ''
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!
    if (char === '*' && pattern[at + 1] === '*') {
      at++
      if (pattern[at + 1] === '/') {
        at++
        source += '(?:.*/)?'
      } else source += '.*'
    } else if (char === '*') source += '[^/]*'
    else if (char === '?') source += '[^/]'
    else if (char === '[') {
      const close = pattern.indexOf(']', at + 2)
      if (close < 0) source += '\\['
      else {
        source += `[${pattern.slice(at + 1, close).replaceAll('\\', '\\\\')}]`
        at = close
      }
    } else if (char === '\\' && at + 1 < pattern.length) source += literal(pattern[++at]!)
    else source += literal(char)
  }
  return new RegExp(`^${source}$`)
}
const literal = (char: string) => char.replace(/[.+?^${}()|[\]\\*/]/g, '\\$&')

export const hasWildcard = (pattern: string) => /[*?[]/.test(pattern)

/** Which paths of a directory a .dockerignore keeps out. */
export interface IgnoreRules {
  ignores(path: string): boolean
  /** Whether something below an ignored directory may be wanted after all. */
  readonly hasExceptions: boolean
}

/** Reads a .dockerignore: the last pattern that fits a path, or a directory that holds it, decides. */
export function parseIgnore(text: string): IgnoreRules {
  const rules = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const wanted = line.startsWith('!')
      const path = (wanted ? line.slice(1) : line)
        .trim()
        .replace(/^(\.?\/)+/, '')
        .replace(/\/+$/, '')
      return { wanted, expression: patternExpression(path === '.' ? '**' : path) }
    })
  return {
    hasExceptions: rules.some(({ wanted }) => wanted),
    ignores(path) {
      const parts = path.split('/')
      const above = parts.map((_, index) => parts.slice(0, index + 1).join('/'))
      let ignored = false
      for (const { wanted, expression } of rules)
        if (wanted === ignored && above.some((one) => expression.test(one))) ignored = !wanted
      return ignored
    },
  }
}
