import { ImageError } from '../image-error.ts'

/** One instruction as written; `words` when it was given as a JSON list. */
export interface Instruction {
  /** Where it begins; the first line is 1. */
  readonly line: number
  readonly keyword: Keyword
  readonly flags: Readonly<Record<string, string>>
  /** The whole instruction, for people. */
  readonly text: string
  /** All after the keyword and its flags. */
  readonly rest: string
  readonly words?: readonly string[]
}
const keywords = [
  'FROM',
  'ARG',
  'ENV',
  'COPY',
  'ADD',
  'RUN',
  'USER',
  'WORKDIR',
  'ENTRYPOINT',
  'CMD',
  'EXPOSE',
  'LABEL',
] as const
export type Keyword = (typeof keywords)[number]

const flagsOf: Partial<Record<Keyword, readonly string[]>> = {
  FROM: ['platform'],
  COPY: ['from', 'chown', 'chmod'],
  ADD: ['chown', 'chmod'],
}
const takesList: readonly Keyword[] = ['RUN', 'CMD', 'ENTRYPOINT', 'COPY', 'ADD']

/** A file that cannot be followed: says which file, which line, and why. */
export function refused(file: string, line: number, why: string): ImageError {
  return new ImageError(`${file}:${line}: ${why}`)
}

/** The instructions of a Dockerfile; throws an ImageError that names the line of the first that is not understood. */
export function parseDockerfile(text: string, file: string): readonly Instruction[] {
  const instructions: Instruction[] = []
  for (const { line, text: whole } of logicalLines(text, file)) instructions.push(instructionOf(whole, line, file))
  const first = instructions.find(({ keyword }) => keyword !== 'ARG')
  if (first === undefined) throw new ImageError(`${file} has no FROM instruction; begin it with FROM coxswain/node`)
  if (first.keyword !== 'FROM')
    throw refused(file, first.line, `${first.keyword} comes before FROM; only ARG may stand there`)
  return instructions
}

/** Lines joined at their backslashes; comments and blank lines inside and between are dropped. */
function logicalLines(text: string, file: string): readonly { readonly line: number; readonly text: string }[] {
  const joined: { line: number; text: string }[] = []
  let open: { line: number; text: string } | undefined
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const directive = /^\s*#\s*escape\s*=\s*(\S)/i.exec(raw)
    if (directive !== null && joined.length === 0 && open === undefined && directive[1] !== '\\')
      throw refused(file, index + 1, 'only the backslash is known as escape character; leave this line out')
    if (/^\s*(#|$)/.test(raw)) continue
    const continues = /\\\s*$/.test(raw)
    const part = continues ? raw.replace(/\\\s*$/, '') : raw
    open = open === undefined ? { line: index + 1, text: part } : { ...open, text: open.text + part }
    if (continues) continue
    joined.push({ ...open, text: open.text.trim() })
    open = undefined
  }
  if (open !== undefined && open.text.trim() !== '') joined.push({ ...open, text: open.text.trim() })
  return joined
}

function instructionOf(text: string, line: number, file: string): Instruction {
  const [, word = '', after = ''] = /^(\S+)\s*([\s\S]*)$/.exec(text)!
  const keyword = keywords.find((one) => one === word.toUpperCase())
  if (keyword === undefined) throw refused(file, line, `${word} is not supported; what is: ${keywords.join(', ')}`)
  const flags: Record<string, string> = {}
  let rest = after
  for (;;) {
    const match = /^--([a-z-]+)(?:=(\S*))?\s*/.exec(rest)
    if (match === null || !['FROM', 'COPY', 'ADD', 'RUN'].includes(keyword)) break
    const [all, name = '', value = ''] = match
    if (!(flagsOf[keyword] ?? []).includes(name)) throw refused(file, line, `${keyword} --${name} is not supported`)
    flags[name] = value
    rest = rest.slice(all.length)
  }
  if (['RUN', 'COPY', 'ADD'].includes(keyword) && /<<-?["']?[A-Za-z_]/.test(rest))
    throw refused(file, line, `here-documents are not supported; join the lines of ${keyword} with \\`)
  if (rest === '') throw refused(file, line, `${keyword} needs an argument`)
  const words = takesList.includes(keyword) ? listOf(rest) : undefined
  return { line, keyword, text: `${keyword} ${after}`, flags, rest, ...(words === undefined ? {} : { words }) }
}

/** Docker: what looks like a JSON list but is none is taken as a shell's words. */
function listOf(rest: string): readonly string[] | undefined {
  if (!rest.startsWith('[')) return undefined
  try {
    const value: unknown = JSON.parse(rest)
    return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : undefined
  } catch {
    return undefined
  }
}
