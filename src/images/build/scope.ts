import type { Instruction } from '../dockerfile/parse.ts'
import { refused } from '../dockerfile/parse.ts'
import { expanded, splitWords, type Variables } from '../dockerfile/words.ts'

/** The names known to a stage: build arguments, hidden by the environment. */
export class Scope {
  readonly args = new Map<string, string | undefined>()
  readonly #file: string
  #environment: readonly string[] = []

  constructor(file: string) {
    this.#file = file
  }

  get environment(): readonly string[] {
    return this.#environment
  }
  set environment(list: readonly string[]) {
    this.#environment = list
  }

  readonly variables: Variables = (name) => {
    const found = this.#environment.find((one) => one.startsWith(`${name}=`))
    return found === undefined ? this.args.get(name) : found.slice(name.length + 1)
  }

  /** A word of an instruction with its variables put in. */
  expand({ line }: Instruction, word: string): string {
    try {
      return expanded(word, this.variables)
    } catch (error) {
      throw refused(this.#file, line, (error as Error).message)
    }
  }

  words(instruction: Instruction): readonly string[] {
    const words = instruction.words ?? splitWords(instruction.rest)
    return words.map((word) => this.expand(instruction, word))
  }

  /** What a command of the build finds in its environment. */
  commandEnvironment(): Readonly<Record<string, string>> {
    const result: Record<string, string> = {}
    for (const [name, value] of this.args) if (value !== undefined) result[name] = value
    for (const one of this.#environment) {
      const equals = one.indexOf('=')
      result[one.slice(0, equals)] = one.slice(equals + 1)
    }
    return result
  }
}
