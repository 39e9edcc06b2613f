import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMaps, namespaces, pods } from '../../resources/index.ts'
import { type AdmissionPlugin, type Attributes, admissionChain, askedNobody } from './admission.ts'

const about = (more: Partial<Attributes> = {}): Attributes =>
  ({ operation: 'CREATE', definition: pods, subresource: '', again: askedNobody(), ...more }) as Attributes

/** Plugins that note when they are asked; those with `late` in their name are waited for. */
function noting(names: readonly string[], more: Partial<AdmissionPlugin> = {}) {
  const asked: string[] = []
  const plugins = names.map(
    (name): AdmissionPlugin => ({
      name,
      ...more,
      admit() {
        asked.push(`${name} asked`)
        if (!name.includes('late')) return
        return Promise.resolve().then(() => void asked.push(`${name} answered`))
      },
    }),
  )
  return { asked, plugins }
}

test('a chain in which everybody answers at once is done at once', () => {
  const { asked, plugins } = noting(['a', 'b'])
  assert.equal(admissionChain(plugins).admit(about()), undefined)
  assert.deepEqual(asked, ['a asked', 'b asked'])
})

test('who comes after somebody that is waited for is asked once that one has answered', async () => {
  const { asked, plugins } = noting(['a', 'late b', 'late c', 'd'])
  await admissionChain(plugins).admit(about())
  assert.deepEqual(asked, ['a asked', 'late b asked', 'late b answered', 'late c asked', 'late c answered', 'd asked'])
})

test('plugins are asked about writes that concern them alone', () => {
  const { asked, plugins } = noting(['a'], {
    resources: ['/pods'],
    concerns: (operation, subresource) => operation === 'CREATE' && subresource === '',
  })
  const chain = admissionChain(plugins)
  for (const more of [{ definition: configMaps }, { subresource: 'binding' }, { operation: 'UPDATE' as const }])
    chain.admit(about(more))
  assert.deepEqual(asked, [])
  chain.admit(about())
  assert.deepEqual(asked, ['a asked'])
})

for (const isLate of [false, true])
  test(`a refusal ${isLate ? 'that comes later' : 'at once'} ends the chain, and is noted as one`, async () => {
    const noted: string[] = []
    const series = (text: string) => ({ observe: () => void noted.push(text) })
    const refusal = new Error('no')
    const refusing: AdmissionPlugin = {
      name: 'refusing',
      validate() {
        if (isLate) return Promise.reject(refusal)
        throw refusal
      },
    }
    const before: AdmissionPlugin = { name: 'before', validate: () => undefined }
    const after: AdmissionPlugin = { name: 'after', validate: () => assert.fail('asked after a refusal') }
    const chain = admissionChain([before, refusing, after], {
      now: () => 0,
      step: (type, operation, rejected) => series(`${type} ${operation} ${rejected}`),
      plugin: (name, type, operation, rejected) => series(`${name} ${type} ${operation} ${rejected}`),
    })
    await assert.rejects(async () => chain.validate(about()), refusal)
    assert.deepEqual(noted, ['before validate CREATE false', 'refusing validate CREATE true', 'validate CREATE true'])
  })

for (const isLate of [false, true])
  test(`who changed something ${isLate ? 'later' : 'at once'} has everybody asked once more`, async () => {
    const rounds: boolean[] = []
    const plugin: AdmissionPlugin = {
      name: 'changing',
      admit({ again }) {
        rounds.push(again.isSecondRound)
        again.wanted = true
        return isLate ? Promise.resolve() : undefined
      },
    }
    await admissionChain([plugin]).admit(about())
    assert.deepEqual(rounds, [false, true])
  })

const standing = (plugins: readonly AdmissionPlugin[], mark = { at: 0 }, since = 5) =>
  admissionChain(plugins, undefined, () => mark).standing(about(), since)
const admit = () => undefined

test('the leave of a chain stands as long as nothing changed that its plugins go by', () => {
  const mark = { at: 5 }
  let isOpen = true
  const leave = standing(
    [
      { name: 'a', admit, standsBy: () => ({ kinds: [namespaces] }) },
      { name: 'b', admit, standsBy: () => ({ kinds: [], holds: () => isOpen }) },
    ],
    mark,
  )!
  assert.equal(leave.holds(), true)
  isOpen = false
  assert.equal(leave.holds(), false)
  isOpen = true
  mark.at = 6
  assert.equal(leave.holds(), false)
})

test('the leave of a chain is for one write alone where a plugin has to be asked about each', () => {
  const stands: AdmissionPlugin = { name: 'a', admit, standsBy: () => ({ kinds: [] }) }
  assert.equal(standing([stands, { name: 'b', admit }]), undefined)
  assert.equal(standing([stands, { name: 'b', admit, standsBy: () => undefined }]), undefined)
  assert.notEqual(standing([stands, { name: 'b', admit, concerns: () => false }]), undefined)
})

test('what plugins note of each write is noted where they are not asked', () => {
  const noted: string[] = []
  const note = (annotate: (key: string, value: string) => void) => annotate('k', 'v')
  standing([{ name: 'a', admit, standsBy: () => ({ kinds: [], note }) }])!.note((key, value) => {
    noted.push(`${key}=${value}`)
  })
  assert.deepEqual(noted, ['k=v'])
})
