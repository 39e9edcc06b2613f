/** What differs between two values, as `diff -u` shows it of their JSON, in the order of their keys. */
export function orderedDiff(before: unknown, after: unknown): string {
  const lines = (value: unknown) => goEscaped(JSON.stringify(value, null, 1)).split('\n')
  return unifiedDiff(lines(before), lines(after))
}

/** JSON as Go writes it, which is safe within HTML. */
const goEscaped = (json: string) =>
  json.replace(/[<>&\u2028\u2029]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** A stretch of lines that both have. */
interface Block {
  readonly a: number
  readonly b: number
  readonly size: number
}
const context = 3
/** Kubernetes: in long texts, lines that come again and again are nothing to find one's way by. */
const longLines = 200

/** Where each line of a text is, without those that are everywhere in a long one. */
function placesOf(lines: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>()
  for (const [index, line] of lines.entries()) {
    const known = places.get(line)
    if (known === undefined) places.set(line, [index])
    else known.push(index)
  }
  const popular = Math.floor(lines.length / 100) + 1
  if (lines.length >= longLines) for (const [line, at] of places) if (at.length > popular) places.delete(line)
  return places
}

interface Range {
  readonly aFrom: number
  readonly aTo: number
  readonly bFrom: number
  readonly bTo: number
}

/** The longest stretch within a range that both have, the first of them in a and then in b. */
function longestBlock(
  a: readonly string[],
  b: readonly string[],
  places: ReadonlyMap<string, readonly number[]>,
  { aFrom, aTo, bFrom, bTo }: Range,
): Block {
  let [bestA, bestB, size] = [aFrom, bFrom, 0]
  // How long the stretch is that ends with this line of a and that line of b.
  let lengths = new Map<number, number>()
  for (let i = aFrom; i < aTo; i++) {
    const now = new Map<number, number>()
    for (const j of places.get(a[i]!) ?? []) {
      if (j < bFrom) continue
      if (j >= bTo) break
      const length = (lengths.get(j - 1) ?? 0) + 1
      now.set(j, length)
      if (length > size) [bestA, bestB, size] = [i - length + 1, j - length + 1, length]
    }
    lengths = now
  }
  while (bestA > aFrom && bestB > bFrom && a[bestA - 1] === b[bestB - 1]) {
    bestA--
    bestB--
    size++
  }
  while (bestA + size < aTo && bestB + size < bTo && a[bestA + size] === b[bestB + size]) size++
  return { a: bestA, b: bestB, size }
}

/** The stretches that both have, in order; those that touch are one. */
function blocksOf(a: readonly string[], b: readonly string[]): readonly Block[] {
  const places = placesOf(b)
  const found: Block[] = []
  const search = (range: Range): void => {
    const block = longestBlock(a, b, places, range)
    if (block.size === 0) return
    const [aEnd, bEnd] = [block.a + block.size, block.b + block.size]
    if (range.aFrom < block.a && range.bFrom < block.b) search({ ...range, aTo: block.a, bTo: block.b })
    const last = found.at(-1)
    if (last !== undefined && last.a + last.size === block.a && last.b + last.size === block.b)
      found[found.length - 1] = { ...last, size: last.size + block.size }
    else found.push(block)
    if (aEnd < range.aTo && bEnd < range.bTo) search({ ...range, aFrom: aEnd, bFrom: bEnd })
  }
  search({ aFrom: 0, aTo: a.length, bFrom: 0, bTo: b.length })
  return found
}

interface Edit extends Range {
  readonly same: boolean
}

/** What makes b of a: stretches kept, and stretches put in the place of others. */
function editsBetween(a: readonly string[], b: readonly string[]): readonly Edit[] {
  const edits: Edit[] = []
  let [i, j] = [0, 0]
  for (const block of [...blocksOf(a, b), { a: a.length, b: b.length, size: 0 }]) {
    if (i < block.a || j < block.b) edits.push({ same: false, aFrom: i, aTo: block.a, bFrom: j, bTo: block.b })
    ;[i, j] = [block.a + block.size, block.b + block.size]
    if (block.size > 0) edits.push({ same: true, aFrom: block.a, aTo: i, bFrom: block.b, bTo: j })
  }
  return edits
}

/** Edits in groups, each with a little of what is the same around it. */
function hunksOf(edits: readonly Edit[]): readonly (readonly Edit[])[] {
  const hunks: Edit[][] = []
  let hunk: Edit[] = []
  const start = ({ aTo, bTo, ...edit }: Edit): Edit => ({
    ...edit,
    aFrom: Math.max(edit.aFrom, aTo - context),
    bFrom: Math.max(edit.bFrom, bTo - context),
    aTo,
    bTo,
  })
  const end = ({ aFrom, bFrom, ...edit }: Edit): Edit => ({
    ...edit,
    aFrom,
    bFrom,
    aTo: Math.min(edit.aTo, aFrom + context),
    bTo: Math.min(edit.bTo, bFrom + context),
  })
  for (const [index, edit] of edits.entries()) {
    if (!edit.same) hunk.push(edit)
    else if (index === 0) hunk.push(start(edit))
    else if (index === edits.length - 1) hunk.push(end(edit))
    else if (edit.aTo - edit.aFrom > 2 * context) {
      hunks.push([...hunk, end(edit)])
      hunk = [start(edit)]
    } else hunk.push(edit)
  }
  return [...hunks, hunk].filter((one) => one.some(({ same }) => !same))
}

function place(from: number, to: number): string {
  if (to - from === 1) return `${from + 1}`
  return `${to === from ? from : from + 1},${to - from}`
}

function unifiedDiff(a: readonly string[], b: readonly string[]): string {
  let text = ''
  for (const hunk of hunksOf(editsBetween(a, b))) {
    const [first, last] = [hunk[0]!, hunk.at(-1)!]
    text += `@@ -${place(first.aFrom, last.aTo)} +${place(first.bFrom, last.bTo)} @@\n`
    const lines = (mark: string, of: readonly string[]) => of.map((line) => `${mark}${line}\n`).join('')
    for (const { same, aFrom, aTo, bFrom, bTo } of hunk)
      text += same ? lines(' ', a.slice(aFrom, aTo)) : lines('-', a.slice(aFrom, aTo)) + lines('+', b.slice(bFrom, bTo))
  }
  return text
}
