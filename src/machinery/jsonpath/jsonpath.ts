/** A path that does not follow the grammar; the message says what was found where. */
export class JsonPathError extends Error {
  override name = 'JsonPathError'
}

/** Finds values in a JSON value. */
export interface JsonPath {
  /** All values the path leads to, in order; members and items that are absent lead nowhere. */
  find(value: unknown): readonly unknown[]
}

type Step = (values: readonly unknown[], root: unknown) => readonly unknown[]

/** The path a text such as `.status.conditions[?(@.type=="Ready")].status` stands for. Kubernetes: kubectl's JSONPath dialect. */
export function parseJsonPath(text: string): JsonPath {
  const reader = new Reader(text)
  const steps = readSteps(reader, (at) => at.done)
  return { find: (value) => follow(steps, value, value) }
}

function follow(steps: readonly Step[], from: unknown, root: unknown): readonly unknown[] {
  let values: readonly unknown[] = [from]
  for (const step of steps) values = step(values, root)
  return values
}

class Reader {
  readonly text: string
  at = 0
  constructor(text: string) {
    this.text = text
  }
  get done(): boolean {
    return this.at >= this.text.length
  }
  peek(length = 1): string {
    return this.text.slice(this.at, this.at + length)
  }
  take(expected: string): boolean {
    if (!this.text.startsWith(expected, this.at)) return false
    this.at += expected.length
    return true
  }
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.text)
    if (found === null) return undefined
    this.at = pattern.lastIndex
    return found[0]
  }
  fail(what: string): never {
    throw new JsonPathError(`${what} at ${this.at} of ${JSON.stringify(this.text)}`)
  }
}

const nameText = /(?:[^.[\]()\s'"=!<>,|&{}\\]|\\.)+/y

function readSteps(reader: Reader, isEnd: (reader: Reader) => boolean): Step[] {
  const steps: Step[] = []
  if (reader.take('$') || reader.take('@')) {
    // The root and the current item are where a path starts anyway.
  }
  while (!isEnd(reader)) {
    if (reader.take('..')) {
      steps.push(descend)
      const name = reader.match(nameText)
      if (name !== undefined) steps.push(name === '*' ? everything : memberStep(unescaped(name)))
      else if (reader.peek() !== '[') reader.fail('a name was expected after ".."')
    } else if (reader.take('.')) {
      if (isEnd(reader) || reader.peek() === '[') continue
      const name = reader.match(nameText) ?? reader.fail('a name was expected')
      steps.push(name === '*' ? everything : memberStep(unescaped(name)))
    } else if (reader.take('[')) steps.push(readBracket(reader))
    else {
      const name = steps.length === 0 ? reader.match(nameText) : undefined
      if (name === undefined) reader.fail(`unexpected ${JSON.stringify(reader.peek())}`)
      steps.push(memberStep(unescaped(name)))
    }
  }
  return steps
}

const unescaped = (name: string) => name.replace(/\\(.)/g, '$1')
const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const everything: Step = (values) =>
  values.flatMap((value) => (Array.isArray(value) ? value : isMap(value) ? Object.values(value) : []))
const descend: Step = (values) => values.flatMap(withDescendants)

function withDescendants(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return []
  return [value, ...Object.values(value).flatMap(withDescendants)]
}

function memberStep(name: string): Step {
  return (values) => values.flatMap((value) => (isMap(value) && Object.hasOwn(value, name) ? [value[name]] : []))
}

function readBracket(reader: Reader): Step {
  if (reader.take('?(')) {
    const filter = readFilter(reader)
    if (!reader.take(')]')) reader.fail('")]" was expected')
    return (values, root) =>
      values.flatMap((value) => (Array.isArray(value) ? value.filter((item) => filter(item, root)) : []))
  }
  const choices: Step[] = []
  do choices.push(readChoice(reader))
  while (reader.take(','))
  if (!reader.take(']')) reader.fail('"]" was expected')
  return (values, root) => values.flatMap((value) => choices.flatMap((choice) => choice([value], root)))
}

function readChoice(reader: Reader): Step {
  reader.match(/\s*/y)
  if (reader.take('*')) return everything
  const quoted = reader.match(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/y)
  if (quoted !== undefined) return memberStep(unescaped(quoted.slice(1, -1)))
  const range = reader.match(/-?\d*(?::-?\d*){0,2}/y) ?? ''
  if (range === '') reader.fail('an index, a range or a quoted name was expected')
  const parts = range.split(':')
  return parts.length === 1 ? itemStep(Number(parts[0])) : rangeStep(parts)
}

function itemStep(index: number): Step {
  return (values) =>
    values.flatMap((value) => {
      if (!Array.isArray(value)) return []
      const at = index < 0 ? value.length + index : index
      return at >= 0 && at < value.length ? [value[at]] : []
    })
}

function rangeStep([first = '', last = '', by = '']: readonly string[]): Step {
  return (values) =>
    values.flatMap((value) => {
      if (!Array.isArray(value)) return []
      const place = (text: string, otherwise: number) =>
        text === '' ? otherwise : Number(text) < 0 ? value.length + Number(text) : Number(text)
      const step = by === '' ? 1 : Math.max(1, Number(by))
      const part = value.slice(Math.max(0, place(first, 0)), Math.max(0, place(last, value.length)))
      return part.filter((_, index) => index % step === 0)
    })
}

type Filter = (item: unknown, root: unknown) => boolean
type Operand = (item: unknown, root: unknown) => readonly unknown[]

function readFilter(reader: Reader): Filter {
  const left = readOperand(reader)
  reader.match(/\s*/y)
  const operator = reader.match(/==|!=|<=|>=|<|>/y)
  if (operator === undefined) return (item, root) => left(item, root).length > 0
  reader.match(/\s*/y)
  const right = readOperand(reader)
  reader.match(/\s*/y)
  return (item, root) => {
    const [a] = left(item, root)
    const [b] = right(item, root)
    return a !== undefined && b !== undefined && compare(a, operator, b)
  }
}

function readOperand(reader: Reader): Operand {
  reader.match(/\s*/y)
  const quoted = reader.match(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/y)
  if (quoted !== undefined) return () => [unescaped(quoted.slice(1, -1))]
  const word = reader.match(/(?:true|false)\b/y)
  if (word !== undefined) return () => [word === 'true']
  const number = reader.match(/-?\d+(?:\.\d+)?/y)
  if (number !== undefined) return () => [Number(number)]
  const isRoot = reader.peek() === '$'
  if (!isRoot && reader.peek() !== '@') reader.fail('a value or a path was expected')
  const steps = readSteps(reader, (at) => at.done || /[\s)=!<>]/.test(at.peek()))
  return (item, root) => follow(steps, isRoot ? root : item, root)
}

function compare(a: unknown, operator: string, b: unknown): boolean {
  switch (operator) {
    case '==':
      return a === b
    case '!=':
      return a !== b
  }
  if (typeof a !== typeof b || (typeof a !== 'number' && typeof a !== 'string')) return false
  const [x, y] = [a, b as typeof a]
  return operator === '<' ? x < y : operator === '<=' ? x <= y : operator === '>' ? x > y : x >= y
}
