import { type CloudApi, CloudError } from '../../cloud/index.ts'
import { CommandError, type Invocation } from '../command.ts'
import { UsageError } from '../flags.ts'
import { table } from '../terminal.ts'

/** What a verb is given: the cloud as its owner sees it, the words after the verb, and the flags. */
export interface Asked extends Invocation {
  readonly api: CloudApi
  readonly words: readonly string[]
}
/** What a verb comes to: data for `--json`, and the same for people. */
export interface Shown {
  readonly data: unknown
  readonly text: string
}
export type Verb = (asked: Asked) => Promise<Shown>
/** One kind of what a cloud has, under its names, and what can be done with it. */
export interface Thing {
  readonly names: readonly string[]
  readonly verbs: Readonly<Record<string, Verb>>
}

/** The word at a place, or the sentence that says what is missing. */
export function wordOf({ words }: Asked, at: number, what: string): string {
  const word = words[at]
  if (word === undefined) throw new UsageError(`say ${what}`)
  return word
}

/** The one of a list with an id or a name; the sentence that says what to do when there is none, or several. */
export function pick<T extends { readonly id?: string; readonly name?: string }>(
  list: readonly T[],
  word: string,
  kind: string,
): T {
  const byId = list.find(({ id }) => id === word)
  if (byId !== undefined) return byId
  const byName = list.filter(({ name }) => name === word)
  if (byName.length > 1)
    throw new CommandError(
      `several ${kind}s are named ${word}; say which by its id (${byName.map(({ id }) => id).join(', ')})`,
    )
  if (byName.length === 1) return byName[0]!
  throw new CommandError(`there is no ${kind} ${JSON.stringify(word)}; \`cox cloud ${kind} list\` shows them`)
}

/** A list as a table, or a sentence where it is empty. */
export function listed<T>(
  data: readonly T[],
  headings: readonly string[],
  row: (one: T) => readonly string[],
  none: string,
): Shown {
  return { data, text: data.length === 0 ? none : table(headings, data.map(row)) }
}

/** Has the cloud's refusals said as a command's. */
export async function inCommand<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof CloudError)) throw error
    throw new CommandError(error.message)
  }
}
