/** What is wrong with tokens that follow no grammar, in the words of the generated parser. */

import type { Token } from './lexer.ts'
import type { Issue } from './source.ts'

export function syntaxIssues(tokens: readonly Token[]): readonly Issue[] {
  const last = tokens.at(-1)!
  return [{ offset: last.offset, message: `Syntax error: mismatched input '${last.text}'` }]
}
