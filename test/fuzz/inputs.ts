/** Inputs that are nearly right: what is known to be good, with bytes and members changed. */
import * as fc from 'fast-check'

const edits = fc.array(fc.tuple(fc.nat(5), fc.nat(1 << 20), fc.nat(255), fc.nat(64)), { maxLength: 6 })
const telling = [
  ...'"\\{}[]():,*&!|>%@`#-?.=~^$+/ \n\t\0',
  '\ud800',
  'é',
  '9',
  'e',
  'n',
  'u',
  '1e999',
  '-0',
  '<<',
  '---',
]

/** One of the texts, changed in a few places. */
export function changedText(texts: readonly string[]): fc.Arbitrary<string> {
  return fc.tuple(fc.nat(texts.length - 1), fc.nat(texts.length - 1), edits).map(([first, second, changes]) => {
    let text = texts[first]!
    for (const [kind, place, value, length] of changes) {
      const at = place % (text.length + 1)
      const piece = telling[value % telling.length]!
      if (kind === 0) text = text.slice(0, at) + text.slice(at + length)
      else if (kind === 1) text = text.slice(0, at) + piece + text.slice(at)
      else if (kind === 2) text = text.slice(0, at) + piece + text.slice(at + 1)
      else if (kind === 3) text = text.slice(0, at) + text.slice(at, at + length) + text.slice(at)
      else if (kind === 4) text = text.slice(0, at)
      else text = text.slice(0, at) + texts[second]!.slice(value % (texts[second]!.length + 1))
      if (text.length > 20_000) text = text.slice(0, 20_000)
    }
    return text
  })
}

/** One of the byte strings, changed in a few places. */
export function changedBytes(all: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  return fc.tuple(fc.nat(all.length - 1), edits).map(([index, changes]) => {
    let bytes = Buffer.from(all[index]!)
    for (const [kind, place, value, length] of changes) {
      const at = place % (bytes.length + 1)
      if (kind === 0) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)])
      else if (kind === 1) bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from([value]), bytes.subarray(at)])
      else if (kind === 2 && at < bytes.length) bytes[at] = value
      else if (kind === 3 && at < bytes.length) bytes[at] = bytes[at]! ^ (1 << (value & 7))
      else if (kind === 4) bytes = bytes.subarray(0, at)
      else bytes = Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)])
    }
    return new Uint8Array(bytes)
  })
}

const strange = [
  null,
  true,
  0,
  -1,
  1.5,
  2 ** 53,
  1e300,
  '',
  'x',
  'A b/c*%',
  '10',
  '10s',
  '10Mi',
  [],
  {},
  [null],
  [{}],
  ['a', 'a'],
  { a: 1 },
]
const strangeNames = [
  '',
  '__proto__',
  'constructor',
  '$patch',
  '$retainKeys',
  '$setElementOrder/containers',
  'name',
  'a/b',
  'metadata',
]

/** One of the JSON values, with members and items taken out, doubled, renamed and replaced. */
export function changedJson(values: readonly unknown[]): fc.Arbitrary<any> {
  return fc.tuple(fc.nat(values.length - 1), edits).map(([index, changes]) => {
    const root = { value: structuredClone(values[index]) }
    for (const [kind, place, value] of changes) changeJson(root, kind, place, value)
    return root.value
  })
}

function changeJson(root: { value: unknown }, kind: number, place: number, value: number): void {
  const places: (readonly [any, string | number])[] = []
  const collect = (parent: any): void => {
    for (const key of Object.keys(parent)) {
      places.push([parent, Array.isArray(parent) ? Number(key) : key])
      if (typeof parent[key] === 'object' && parent[key] !== null && places.length < 2000) collect(parent[key])
    }
  }
  collect(root)
  const [parent, key] = places[place % places.length]!
  if (parent === root && kind < 4) return
  if (kind === 0 && Array.isArray(parent)) parent.splice(key as number, 1)
  else if (kind === 0) delete parent[key]
  else if (kind === 1 && Array.isArray(parent)) parent.push(structuredClone(parent[key as number]))
  else if (kind === 1) {
    // Defined as JSON.parse defines it, whatever its name.
    const given = { value: parent[key], writable: true, enumerable: true, configurable: true }
    Object.defineProperty(parent, strangeNames[value % strangeNames.length]!, given)
  } else if (kind === 2) parent[key] = structuredClone(places[value % places.length]![0])
  else parent[key] = structuredClone(strange[value % strange.length])
}
