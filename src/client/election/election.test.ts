import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conflict, type ManualClock, manualClock, notFound, StatusError, seededRandom } from '../../machinery/index.ts'
import type { Lease } from '../../resources/index.ts'
import type { Client } from '../client.ts'
import { runElection } from './election.ts'

/** One Lease, with the server's rule that only the newest may be changed. */
function fakeLease() {
  const state: { lease: Lease | undefined; revision: number; cutOff: Set<string> } = {
    lease: undefined,
    revision: 0,
    cutOff: new Set(),
  }
  const of = { group: 'coordination.k8s.io', resource: 'leases' }
  const write = (lease: Lease) => {
    state.lease = { ...lease, metadata: { ...lease.metadata, resourceVersion: String(++state.revision) } }
    return state.lease
  }
  const clientOf = (who: string): Client => {
    const reach = () => {
      if (state.cutOff.has(who)) throw new StatusError(503, 'ServiceUnavailable', 'unreachable')
    }
    return {
      async get() {
        reach()
        if (state.lease === undefined) throw notFound(of, 'it')
        return state.lease
      },
      async create(_: unknown, lease: Lease) {
        reach()
        return write(lease)
      },
      async update(_: unknown, lease: Lease) {
        reach()
        if (lease.metadata.resourceVersion !== state.lease?.metadata.resourceVersion)
          throw conflict(of, 'it', 'modified')
        return write(lease)
      },
    } as unknown as Client
  }
  return { state, clientOf }
}

async function pass(clock: ManualClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) {
    clock.advance(500)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('one leads, the other waits; the leader gives up when it stops, and the other follows at once', async () => {
  const clock = manualClock()
  const { state, clientOf } = fakeLease()
  const led: string[] = []
  const candidate = (identity: string, stop: AbortController) =>
    runElection(
      {
        client: clientOf(identity),
        clock,
        random: seededRandom(identity.length),
        lease: { namespace: 'kube-system', name: 'it' },
        identity,
        lead: (signal) => {
          led.push(`${identity} leads`)
          return new Promise((resolve) => {
            const end = () => {
              led.push(`${identity} ends`)
              resolve()
            }
            signal.addEventListener('abort', end, { once: true })
          })
        },
      },
      stop.signal,
    )
  const [first, second] = [new AbortController(), new AbortController()]
  const firstRun = candidate('one', first)
  await pass(clock, 1000)
  const secondRun = candidate('second', second)
  await pass(clock, 60_000)
  assert.deepEqual(led, ['one leads'])
  first.abort()
  await pass(clock, 5000)
  await firstRun
  assert.deepEqual(led, ['one leads', 'one ends', 'second leads'])
  assert.equal(state.lease?.spec.leaseTransitions, 1)

  state.cutOff.add('second')
  await pass(clock, 9000)
  assert.equal(led.length, 3)
  await pass(clock, 6000)
  await secondRun
  assert.deepEqual(led.at(-1), 'second ends')
})

test('a lease that has not moved for its time is taken', async () => {
  const clock = manualClock()
  const { state, clientOf } = fakeLease()
  const spec = { holderIdentity: 'dead', leaseDurationSeconds: 15, leaseTransitions: 4 }
  state.lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'it', uid: 'u', resourceVersion: '0', creationTimestamp: '' },
    spec,
  }
  const stop = new AbortController()
  let leads = false
  const run = runElection(
    {
      client: clientOf('heir'),
      clock,
      random: seededRandom(1),
      lease: { name: 'it' },
      identity: 'heir',
      lead: async (signal) => {
        leads = true
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      },
    },
    stop.signal,
  )
  await pass(clock, 14_000)
  assert.equal(leads, false)
  await pass(clock, 6000)
  assert.equal(leads, true)
  assert.equal(state.lease.spec.leaseTransitions, 5)
  stop.abort()
  await run
  assert.equal(state.lease.spec.holderIdentity, '')
})
