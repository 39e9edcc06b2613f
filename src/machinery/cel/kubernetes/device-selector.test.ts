/** The cases of Kubernetes' compiler for selectors of devices, told again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DeviceSelection, deviceSelection, type SelectedDevice } from './device-selector.ts'

const driver = 'dra.example.com'
const attributes: SelectedDevice['attributes'] = {
  name: { string: 'fish' },
  count: { int: 5 },
  on: { bool: true },
  [`${driver}/other`]: { string: 'x' },
  'far.example.com/kind': { string: 'y' },
  release: { version: '1.2.3' },
}
const device: SelectedDevice = { driver, attributes, capacity: { memory: { value: '1Mi' } } }
const of = (expression: string) => deviceSelection(expression)
const asks = (selection: DeviceSelection, of: SelectedDevice = device) => {
  if (!selection.ok) return selection.problem
  try {
    return selection.matches(of)
  } catch (error) {
    return (error as Error).message
  }
}

const cases: readonly (readonly [expression: string, says: boolean | string | RegExp])[] = [
  ['true', true],
  ['noSuchVar', /^compilation failed: ERROR: <input>:1:1: undeclared reference to 'noSuchVar' \(in container ''\)/],
  ["'not a bool'", 'must evaluate to bool or the unknown type, not string'],
  [`device.driver == "${driver}"`, true],
  [`device.attributes["${driver}"].name == "fish"`, true],
  [`device.attributes["${driver}"].count == 5 && device.attributes["${driver}"].on`, true],
  [`device.attributes["${driver}"].other == "x" && device.attributes["far.example.com"].kind == "y"`, true],
  [`device.attributes["${driver}"].release.isGreaterThan(semver("1.0.0"))`, true],
  [`"name" in device.attributes["${driver}"] && !("name" in device.attributes["other.example.com"])`, true],
  [`device.attributes["nowhere.example.com"].name == "fish"`, 'no such key: name'],
  [`has(device.attributes["nowhere.example.com"].name)`, false],
  [`device.capacity["${driver}"].memory.isGreaterThan(quantity("100Ki"))`, true],
  [`device.allowMultipleAllocations`, false],
  [`device.attributes["${driver}"].on`, true],
  [`cel.bind(dra, device.attributes["${driver}"], dra.name == "fish" && dra.count == 5)`, true],
  [`["${driver}"].all(d, device.attributes[d].name.startsWith("f"))`, true],
]
for (const [expression, says] of cases)
  test(`a selector of devices: ${expression}`, () => {
    const answer = asks(of(expression))
    if (says instanceof RegExp) assert.match(String(answer), says)
    else assert.equal(answer, says)
  })

test('a selector that costs too much is known for it beforehand', () => {
  const costly = of(
    `device.attributes["${driver}"].map(s, s.lowerAscii()).map(s, s.size()).sum() == 0 || device.attributes.all(a, device.attributes.all(b, device.attributes.all(c, device.attributes.all(d, device.attributes.all(e, a + b + c + d + e != "")))))`,
  )
  assert.ok(costly.ok, JSON.stringify(costly))
  assert.ok(costly.costMax > 1_000_000)
  const cheap = of(`device.driver == "${driver}"`)
  assert.ok(cheap.ok && cheap.costMax < 1000, JSON.stringify(cheap))
})
