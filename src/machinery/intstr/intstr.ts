/** A number, or a text: a percentage, or the name of a port. */
export type IntOrString = number | string

/** The whole number a text states, as Go's Atoi reads it; undefined when it states none. */
function wholeNumber(text: string): number | undefined {
  return /^[+-]?\d+$/.test(text) ? Number(text) : undefined
}

/** Whether a value is a percentage, such as `25%`. */
export function isPercent(value: IntOrString): boolean {
  return typeof value === 'string' && /^[0-9]+%$/.test(value)
}

/** A count, or that percentage of a total, rounded as asked. Throws Error for texts that are no percentage. */
export function scaledValue(value: IntOrString, total: number, rounding: 'up' | 'down'): number {
  if (typeof value === 'number') return value
  if (!value.endsWith('%')) throw new Error('invalid value for IntOrString: invalid type: string is not a percentage')
  const percentage = wholeNumber(value.slice(0, -1))
  if (percentage === undefined)
    throw new Error(
      `invalid value for IntOrString: invalid value ${JSON.stringify(value)}: strconv.Atoi: parsing ${JSON.stringify(value.slice(0, -1))}: invalid syntax`,
    )
  const exact = (percentage * total) / 100
  return rounding === 'up' ? Math.ceil(exact) : Math.floor(exact)
}

/** A number where the text is one, else the text: how command lines and annotations are read. */
export function intOrStringOf(text: string): IntOrString {
  const number = wholeNumber(text)
  return number !== undefined && number >= -(2 ** 31) && number < 2 ** 31 ? number : text
}
