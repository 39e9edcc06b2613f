/** JSON that does not fit its type; the message is the one Go's decoder gives. */
export class DecodeError extends Error {
  override name = 'DecodeError'
}

/** Kubernetes: reports stop after this many findings. */
const findingsMax = 100

/** Where a decoder is, so that an error can say so; kept by writing, never by allocating. */
export interface Trace {
  /** Field names, list indices and map keys from the root. */
  readonly path: (string | number)[]
  /** The positions in `path` that are map keys, outermost first. */
  readonly mapKeys: number[]
  /** The Go struct whose fields are being read. */
  struct: string
  readonly findings: string[]
  /** What stands in this place in an object that was decoded before, if anything. */
  known: unknown
  /** What was taken over from it, if anything. */
  taken: Taken[] | undefined
}

/** A member of an object, or an item of a list, that is the very same in another one. */
export interface Taken {
  readonly in: Record<string | number, unknown>
  readonly name: string | number
}

export const createTrace = (): Trace => ({
  path: [],
  mapKeys: [],
  struct: '',
  findings: [],
  known: undefined,
  taken: undefined,
})

/** Which items of a list are objects that another list has, too: the very same, wherever they stand in it. */
export function keptOf(list: readonly unknown[], other: readonly unknown[]): readonly boolean[] {
  // Most stand where they stood, or as far behind as many came or went before them.
  let all: Set<unknown> | undefined
  let at = 0
  return list.map((item) => {
    if (typeof item !== 'object' || item === null) return false
    if (other[at] === item) {
      at++
      return true
    }
    all ??= new Set(other)
    if (!all.has(item)) return false
    at = other.indexOf(item, Math.max(0, at - 1)) + 1
    return true
  })
}

/** `spec.containers[0].image`: the path as strict decoding names it. */
export function pathText(path: readonly (string | number)[]): string {
  let text = ''
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`
    else text += text === '' ? part : `.${part}`
  }
  return text
}

/** Notes a field no type declares. */
export function noteUnknown(trace: Trace): void {
  if (trace.findings.length >= findingsMax) return
  const finding = `unknown field ${JSON.stringify(pathText(trace.path))}`
  if (!trace.findings.includes(finding)) trace.findings.push(finding)
}

/** How Go's decoder calls a JSON value. */
export function valueName(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  return typeof value
}

/** The error for a value of the wrong type at the place the trace stands. */
export function mismatch(trace: Trace, value: string, goType: string): DecodeError {
  const fields = trace.path.filter((part, at) => typeof part === 'string' && !trace.mapKeys.includes(at))
  if (trace.struct === '' || fields.length === 0) {
    return new DecodeError(`json: cannot unmarshal ${value} into Go value of type ${goType}`)
  }
  return new DecodeError(
    `json: cannot unmarshal ${value} into Go struct field ${trace.struct}.${fields.join('.')} of type ${goType}`,
  )
}
