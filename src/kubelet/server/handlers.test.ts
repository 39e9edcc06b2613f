import assert from 'node:assert/strict'
import { test } from 'node:test'
import { instance, sandbox } from '../../../test/fixtures/kubelet.ts'
import { describeSelf, manualClock } from '../../machinery/index.ts'
import { chooseGates } from '../../resources/index.ts'
import { kubeletHandlers } from './handlers.ts'

const clock = manualClock(Date.UTC(2026, 5, 3, 4, 5, 6))
const measures = { serving: () => ({ [Symbol.dispose]() {} }) }
const version = { major: '1', minor: '36', goVersion: 'node v24' }

/** Asks a kubelet whose rights let a user get these subresources of its node. */
async function ask(
  path: string,
  {
    accept,
    gates = {},
    may,
    observed = { sandboxes: [], containers: [] },
  }: { accept?: string; gates?: Record<string, boolean>; may: string[]; observed?: object },
) {
  const chosen = chooseGates(gates)
  if ('problem' in chosen) throw new Error(chosen.problem)
  const client = {
    post: async (_: unknown, __: unknown, ___: unknown, review: any) => ({
      status:
        review.kind === 'TokenReview'
          ? { authenticated: true, user: { username: 'u', groups: [] } }
          : { allowed: may.includes(review.spec.resourceAttributes.subresource) },
    }),
  }
  const { onRequest } = kubeletHandlers({ clock, observed, measures, settings: { nodeName: 'n' } } as never, {
    client: client as never,
    clientCa: () => '',
    self: describeSelf('kubelet', { clock, version, flags: () => ({ 'max-pods': '110' }) }, chosen.gates),
  })
  const got = { status: 0, headers: {} as Record<string, unknown>, text: '' }
  const reply = {
    headSent: false,
    head: (status: number, headers: object) => Object.assign(got, { status, headers }),
    end: (text: string) => Object.assign(got, { text }),
  }
  const headers = { authorization: 'Bearer t', ...(accept === undefined ? {} : { accept }) }
  await onRequest({ method: 'GET', url: path, headers } as never, reply as never)
  return got
}

test('a kubelet says how it is and what it was started with, to whom rights let it', async () => {
  const status = await ask('/statusz', { may: ['statusz'] })
  assert.equal(status.status, 200)
  assert.match(
    status.text,
    /^\nkubelet statusz\n[^\n]+\n\nStarted: Wed Jun {2}3 04:05:06 UTC 2026\nUp: 0 hr 00 min 00 sec\n.*Paths: \/configz \/containerLogs \/flagz \/healthz .* \/statusz\n$/s,
  )
  const flags = await ask('/flagz', { may: ['configz'], accept: 'application/json;g=config.k8s.io;v=v1beta1;as=Flagz' })
  assert.deepEqual(JSON.parse(flags.text), {
    kind: 'Flagz',
    apiVersion: 'config.k8s.io/v1beta1',
    metadata: { name: 'kubelet' },
    flags: { 'max-pods': '110' },
  })
  for (const [path, may] of [
    ['/statusz', ['configz', 'proxy']],
    ['/flagz', ['statusz', 'proxy']],
  ] as const)
    assert.equal((await ask(path, { may: [...may] })).status, 403)
})

test('a form that is not known is refused, and so are the pages where their gates are off', async () => {
  assert.equal((await ask('/statusz', { may: ['statusz'], accept: 'image/png' })).status, 406)
  const off = { ComponentStatusz: false, ComponentFlagz: false }
  for (const path of ['/statusz', '/flagz'])
    assert.equal((await ask(path, { may: ['statusz', 'configz'], gates: off })).status, 404)
})

test('a kubelet says which pods run, with nothing in them that it does not know', async () => {
  const observed = {
    sandboxes: [sandbox(), sandbox({ id: 'old', ready: false })],
    containers: [instance('main', 'running')],
  }
  const { text } = await ask('/runningpods/', { may: ['pods'], observed })
  const { items } = JSON.parse(text)
  assert.deepEqual(
    items.map((one: any) => [one.metadata, one.spec]),
    [[{ uid: 'uid-1', namespace: 'default', name: 'web' }, { containers: [{ name: 'main', image: 'main:1' }] }]],
  )
})
