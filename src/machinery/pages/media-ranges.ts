/** One media type of a header with its parameters, best first. */
export interface MediaRange {
  readonly type: string
  readonly parameters: Readonly<Record<string, string>>
}

/** The ranges of an Accept header in order of quality, then of appearance. */
export function mediaRanges(header: string): readonly MediaRange[] {
  return header
    .split(',')
    .map((text, index) => {
      const [type = '', ...rest] = text.split(';').map((part) => part.trim())
      const parameters: Record<string, string> = {}
      for (const part of rest) {
        const [key = '', value = ''] = part.split('=')
        parameters[key] = value
      }
      return {
        type: type.toLowerCase(),
        parameters,
        quality: parameters.q === undefined ? 1 : Number(parameters.q),
        index,
      }
    })
    .filter(({ type, quality }) => type !== '' && quality > 0)
    .sort((a, b) => b.quality - a.quality || a.index - b.index)
}
