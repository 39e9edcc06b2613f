import { styleText } from 'node:util'

/** Where a command writes: results to standard output, progress and messages to standard error. */
export interface Terminal {
  out(text: string): void
  /** A line of progress or advice. */
  say(text: string): void
  /** The stage reached, overwritten by the next one on a terminal. */
  progress(text: string): void
  clearProgress(): void
  style(style: 'green' | 'red' | 'yellow' | 'bold' | 'dim' | 'cyan', text: string): string
  readonly isTerminal: boolean
}

export interface Streams {
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  readonly noColor: boolean
}

/** Colours and moving progress on a terminal, plain lines in a pipe. */
export function createTerminal({ stdout, stderr, noColor }: Streams): Terminal {
  const live = stderr.isTTY === true
  const colour = live && !noColor
  let shown = false
  const clear = () => {
    if (shown && live) stderr.write('\r\x1b[K')
    shown = false
  }
  let last = ''
  return {
    isTerminal: live,
    out: (text) => void stdout.write(text.endsWith('\n') ? text : `${text}\n`),
    say(text) {
      clear()
      stderr.write(`${text}\n`)
    },
    progress(text) {
      if (live) {
        stderr.write(`\r\x1b[K${text}`)
        shown = true
      } else if (text !== last) stderr.write(`${text}\n`)
      last = text
    },
    clearProgress: clear,
    style: (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text),
  }
}

/** Rows under headings, columns three spaces apart, as kubectl prints tables. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => (row[column] ?? '').length)),
  )
  return [headings, ...rows]
    .map((row) =>
      row
        .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column]! + 3)))
        .join('')
        .trimEnd(),
    )
    .join('\n')
}
