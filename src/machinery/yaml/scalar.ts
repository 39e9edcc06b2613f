const booleans = new Map<string, boolean>([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
])
const nulls = new Set(['', '~', 'null', 'Null', 'NULL'])
const integer = /^[-+]?(?:0[bB][01]+|0[oO]?[0-7]+|0[xX][0-9a-fA-F]+|0|[1-9][0-9]*)$/
const float = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/
const notFinite = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/

function integerOf(text: string): number {
  const negative = text.startsWith('-')
  const digits = text.replace(/^[-+]/, '')
  // Kubernetes: a leading zero means octal, as in file modes.
  const number = /^0[0-7]/.test(digits) ? Number.parseInt(digits, 8) : Number(digits)
  return negative ? -number : number
}

/**
 * What an unquoted scalar means, by the rules of YAML 1.1 as Kubernetes reads it: `on` is true, 0644 is 420, times are text.
 * Throws Error for numbers that JSON has no form for.
 */
export function plainScalar(text: string): string | number | boolean | null {
  if (nulls.has(text)) return null
  const boolean = booleans.get(text)
  if (boolean !== undefined) return boolean
  const first = text.charCodeAt(0)
  // Digits, signs and dots begin numbers; all else is text.
  if (!((first >= 48 && first <= 57) || first === 43 || first === 45 || first === 46)) return text
  const plain = text.includes('_') ? text.replaceAll('_', '') : text
  if (integer.test(plain)) return integerOf(plain)
  if (float.test(plain)) return Number(plain)
  if (notFinite.test(text)) throw new Error(`json: unsupported value: ${text.replace('.', '')}`)
  return text
}
