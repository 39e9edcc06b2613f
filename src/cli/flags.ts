/** One flag of a command. */
export interface Flag {
  readonly name: string
  readonly short?: string
  readonly type: 'string' | 'number' | 'boolean' | 'list'
  readonly value?: string
  readonly help: string
}
export type FlagValues = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>
export interface Arguments {
  readonly flags: FlagValues
  readonly positional: readonly string[]
}

/** The command line was not understood; the message says how it would be. Exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** Reads `--flag value`, `--flag=value`, `-f value`, stacked booleans and `--`, anywhere on the line, as pflag does. */
export function parseArguments(words: readonly string[], flags: readonly Flag[], positionalMax: number): Arguments {
  const values: Record<string, string | number | boolean | readonly string[]> = {}
  const positional: string[] = []
  const set = (flag: Flag, text: string) => {
    if (flag.type === 'number') {
      if (!/^\d+$/.test(text)) throw new UsageError(`--${flag.name} takes a whole number, not ${JSON.stringify(text)}`)
      values[flag.name] = Number(text)
    } else if (flag.type === 'list') {
      values[flag.name] = [
        ...((values[flag.name] as readonly string[]) ?? []),
        ...text.split(',').filter((one) => one !== ''),
      ]
    } else if (flag.type === 'boolean') {
      if (text !== 'true' && text !== 'false')
        throw new UsageError(`--${flag.name} is true or false, not ${JSON.stringify(text)}`)
      values[flag.name] = text === 'true'
    } else values[flag.name] = text
  }
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!
    if (word === '--') {
      positional.push(...words.slice(at + 1))
      break
    }
    if (!word.startsWith('-') || word === '-') {
      positional.push(word)
      continue
    }
    const [head = '', inline] = split(word)
    const flag = head.startsWith('--')
      ? flags.find(({ name }) => `--${name}` === head)
      : flags.find(({ short }) => short !== undefined && `-${short}` === head)
    if (flag === undefined) throw new UsageError(`unknown flag: ${head}${suggestion(head, flags)}`)
    if (flag.type === 'boolean') {
      set(flag, inline ?? 'true')
      continue
    }
    const text = inline ?? words[++at]
    if (text === undefined) throw new UsageError(`flag needs an argument: ${head}`)
    set(flag, text)
  }
  if (positional.length > positionalMax)
    throw new UsageError(`unexpected argument ${JSON.stringify(positional[positionalMax])}`)
  return { flags: values, positional }
}

function split(word: string): readonly [string, string | undefined] {
  const equals = word.indexOf('=')
  return equals < 0 ? [word, undefined] : [word.slice(0, equals), word.slice(equals + 1)]
}

function suggestion(head: string, flags: readonly Flag[]): string {
  const near = flags.find(({ name }) => name.startsWith(head.replace(/^-+/, '')) || head.includes(name))
  return near === undefined ? '' : ` (did you mean --${near.name}?)`
}
