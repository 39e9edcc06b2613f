import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wantedImages } from './images.ts'
import { readJunit, reportOf } from './report.ts'
import { leftOut, wordsFor } from './selection.ts'

const xml = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="5" disabled="1" errors="0" failures="2" time="12.5">
  <testsuite name="Kubernetes e2e suite" tests="5">
    <testcase name="[SynchronizedBeforeSuite]" classname="Kubernetes e2e suite" status="passed" time="0.5"></testcase>
    <testcase name="[It] [sig-apps] a &#34;Job&#34; works [Conformance]" status="passed" time="2.25"><system-err>&gt; Enter</system-err></testcase>
    <testcase name="[It] [sig-apps] a set fails [Conformance]" status="failed" time="3">
      <failure message="timed out &lt;int&gt;: 3&#xA;&#xA;expected 4" type="failed">[FAILED] long</failure>
      <system-err>more</system-err>
    </testcase>
    <testcase name="[It] [sig-node] is left out" status="skipped" time="0"><skipped message="skipped"></skipped></testcase>
    <testcase name="[It] [sig-network] needs a cloud" status="skipped" time="0"><skipped message="skipped - Only supported for &#34;gce&#34;"></skipped></testcase>
    <testcase name="[SynchronizedAfterSuite]" status="failed" time="0"><failure message="" type="failed">[FAILED] left &lt;over&gt;&#xA;at end</failure></testcase>
    <testcase name="[It] [sig-node] takes long" status="interrupted" time="9"><failure message="" type="interrupted">[INTERRUPTED] by user</failure></testcase>
    <testcase name="[It] [sig-node] panics" status="panicked" time="1"/>
  </testsuite>
</testsuites>`

test('a JUnit file is read: what ran, how it ended, and why', () => {
  assert.deepEqual(readJunit(xml), [
    { name: '[sig-apps] a "Job" works [Conformance]', status: 'passed', seconds: 2.25, reason: '' },
    {
      name: '[sig-apps] a set fails [Conformance]',
      status: 'failed',
      seconds: 3,
      reason: 'timed out <int>: 3\n\nexpected 4',
    },
    { name: '[sig-network] needs a cloud', status: 'skipped', seconds: 0, reason: 'Only supported for "gce"' },
    { name: '[SynchronizedAfterSuite]', status: 'failed', seconds: 0, reason: 'left <over>\nat end' },
    { name: '[sig-node] takes long', status: 'unfinished', seconds: 9, reason: 'by user' },
    { name: '[sig-node] panics', status: 'failed', seconds: 1, reason: 'panicked' },
  ])
})

test('a report counts per SIG and names each failure', () => {
  const report = reportOf(readJunit(xml))
  assert.match(report, /^sig-apps +1 +1 +0$/m)
  assert.match(report, /^sig-node +0 +1 +0$/m)
  assert.match(report, /^all +1 +3 +1$/m)
  assert.match(report, /^SKIPPED \[sig-network\] needs a cloud\n {7}Only supported for "gce"$/m)
  assert.match(report, /^UNFINISHED \[sig-node\] takes long$/m)
  assert.match(report, /^FAILED \[sig-apps\] a set fails \[Conformance\]\n {7}timed out <int>: 3\n {7}expected 4$/m)
})

test('the certified specs are chosen as they are, others without those that cannot run here', () => {
  const chosen = { beyond: false, labels: undefined, focus: ['Job'], skip: ['slow'] }
  assert.deepEqual(wordsFor(chosen, ''), ['--label-filter=Conformance', '--focus=Job', '--skip=slow'])
  const beyond = wordsFor({ ...chosen, beyond: true }, 'ginkgo.')
  assert.ok(beyond.includes(`--ginkgo.skip=${leftOut[0]!.names}`))
  assert.match(beyond[0]!, /^--ginkgo\.label-filter=!Conformance && /)
  assert.equal(
    wordsFor({ ...chosen, labels: 'Feature: containsAny HPA' }, '')[0],
    '--label-filter=Feature: containsAny HPA',
  )
  for (const { names } of leftOut) assert.doesNotThrow(() => new RegExp(names))
})

test('images are provided under the names the suite gives, whatever the registry and tag', () => {
  const listing = [
    ...['first.example/e2e/agnhost:2.63.0', 'first.example/e2e/agnhost:2.55', 'first.example/pause:3.10.2'],
    ...['first.example/authenticated-test/agnhost:2.6', 'first.example/e2e/perl:5.26', 'I1127 a line of the log: 1'],
  ]
  assert.deepEqual(wantedImages(listing.join('\n')), [
    { name: 'first.example/e2e/agnhost:2.55', recipe: 'agnhost' },
    { name: 'first.example/e2e/agnhost:2.63.0', recipe: 'agnhost' },
    { name: 'first.example/pause:3.10.2', recipe: 'pause' },
  ])
})
