import assert from 'node:assert/strict'
import { test } from 'node:test'
import { orderedDiff } from './diff.ts'
import { innerDiff } from './go-form.ts'

test('a diff shows the changed lines, with three lines around them', () => {
  assert.equal(orderedDiff({ a: 1, b: { c: 2 } }, { a: 1, b: { c: 2 } }), '')
  assert.equal(
    orderedDiff({ image: '<nginx>', name: 'web' }, { image: 'nginx&co', name: 'web' }),
    '@@ -1,4 +1,4 @@\n {\n- "image": "\\u003cnginx\\u003e",\n+ "image": "nginx\\u0026co",\n  "name": "web"\n }\n',
  )
})

test('changes far from each other have a hunk each, and lines that came or went are counted', () => {
  const numbers = Array.from({ length: 20 }, (_, index) => index)
  const changed = numbers.flatMap((one) => (one === 2 ? [] : one === 15 ? [15, 'new'] : [one]))
  assert.equal(
    orderedDiff(numbers, changed),
    '@@ -1,7 +1,6 @@\n [\n  0,\n  1,\n- 2,\n  3,\n  4,\n  5,\n@@ -15,6 +14,7 @@\n  13,\n  14,\n  15,\n+ "new",\n  16,\n  17,\n  18,\n',
  )
})

test('of a long text, lines that come again and again do not tell where it goes on', () => {
  const item = (value: number) => ({ value, none: null, other: null, more: null })
  const items = Array.from({ length: 60 }, (_, index) => item(index))
  const without = items.filter((_, index) => index < 20 || index >= 22)
  const lines = orderedDiff(items, without).split('\n')
  assert.deepEqual(
    [
      lines[0],
      lines.filter((line) => line.startsWith('-')).length,
      lines.filter((line) => line.startsWith('+')).length,
    ],
    ['@@ -115,18 +115,6 @@', 12, 0],
  )
})

test('a pod is shown as Kubernetes has it within', () => {
  const spec = { hostNetwork: true, containers: [{ name: 'c', image: 'i', tty: true }], dnsPolicy: 'ClusterFirst' }
  const shown = innerDiff('io.k8s.api.core.v1.PodSpec', spec, { ...spec, hostNetwork: false, dnsPolicy: 'None' })
  assert.match(shown, /^- "DNSPolicy": "ClusterFirst",\n\+ "DNSPolicy": "None",$/m)
  assert.match(shown, /^ {2}"SecurityContext": \{\n- {2}"HostNetwork": true,\n\+ {2}"HostNetwork": false,$/m)
})
