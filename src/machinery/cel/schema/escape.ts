/** Property names as identifiers: what CEL cannot spell is written between double underscores. */

const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
)
const symbols: Readonly<Record<string, string>> = { __: 'underscores', '.': 'dot', '-': 'dash', '/': 'slash' }
const names: Readonly<Record<string, string>> = { underscores: '__', dot: '.', dash: '-', slash: '/' }

/** Whether CEL keeps a word for itself. */
export function isReserved(word: string): boolean {
  return reserved.has(word)
}

/** The identifier for a property name, or undefined when expressions cannot reach the property. */
export function escapeName(name: string): string | undefined {
  if (name === '' || /^\d/.test(name)) return undefined
  if (reserved.has(name)) return `__${name}__`
  if (/[^a-zA-Z0-9\-./_]/.test(name)) return undefined
  return name.replace(/__|[-./]/g, (part) => `__${symbols[part]}__`)
}

/** The property name an identifier stands for, or undefined when it stands for none. */
export function unescapeName(identifier: string): string | undefined {
  if (!identifier.includes('__')) return identifier
  let valid = true
  const name = identifier.replace(/__[^_]+__/g, (part) => {
    const inside = part.slice(2, -2)
    if (Object.hasOwn(names, inside)) return names[inside]!
    if (reserved.has(inside) && part.length === identifier.length) return inside
    valid = false
    return ''
  })
  return valid ? name : undefined
}
