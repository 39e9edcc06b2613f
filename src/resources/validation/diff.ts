/** The lines that differ between two JSON values, with three lines around them, as `diff -u` shows them. */
export function jsonDiff(before: unknown, after: unknown): string {
  return unifiedDiff(linesOf(before), linesOf(after))
}

// A patch may leave the same keys in another order, which is no difference.
function linesOf(value: unknown): string[] {
  return JSON.stringify(value, sortKeys, 1).split('\n')
}

/** As jsonDiff, of values whose keys have an order of their own. */
export function orderedDiff(before: unknown, after: unknown): string {
  const lines = (value: unknown) => JSON.stringify(value, null, 1).split('\n')
  return unifiedDiff(lines(before), lines(after))
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

interface Edit {
  readonly mark: ' ' | '-' | '+'
  readonly line: string
}
const context = 3

function editsBetween(left: readonly string[], right: readonly string[]): Edit[] {
  let start = 0
  while (start < left.length && start < right.length && left[start] === right[start]) start++
  let end = 0
  while (end < left.length - start && end < right.length - start && left.at(-1 - end) === right.at(-1 - end)) end++
  const a = left.slice(start, left.length - end)
  const b = right.slice(start, right.length - end)
  // Longest common subsequence, from the end; pod specs are small enough for the square of it.
  const width = b.length + 1
  const lengths = new Uint32Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * width + j] =
        a[i] === b[j]
          ? lengths[(i + 1) * width + j + 1]! + 1
          : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!)
    }
  }
  const same = (lines: readonly string[]): Edit[] => lines.map((line) => ({ mark: ' ', line }))
  const edits = same(left.slice(0, start))
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      edits.push({ mark: ' ', line: a[i]! })
      i++
      j++
    } else if (j >= b.length || (i < a.length && lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!))
      edits.push({ mark: '-', line: a[i++]! })
    else edits.push({ mark: '+', line: b[j++]! })
  }
  return [...edits, ...same(left.slice(left.length - end))]
}

function unifiedDiff(left: readonly string[], right: readonly string[]): string {
  const edits = editsBetween(left, right)
  const changed = edits.flatMap(({ mark }, at) => (mark === ' ' ? [] : [at]))
  let text = ''
  for (let first = 0; first < changed.length; ) {
    let last = first
    while (last + 1 < changed.length && changed[last + 1]! - changed[last]! <= 2 * context) last++
    const from = Math.max(0, changed[first]! - context)
    const hunk = edits.slice(from, changed[last]! + context + 1)
    const before = edits.slice(0, from)
    const place = (skip: string) => {
      const start = before.filter(({ mark }) => mark !== skip).length + 1
      return `${start},${hunk.filter(({ mark }) => mark !== skip).length}`
    }
    text += `@@ -${place('+')} +${place('-')} @@\n`
    text += hunk.map(({ mark, line }) => `${mark}${line}\n`).join('')
    first = last + 1
  }
  return text
}
