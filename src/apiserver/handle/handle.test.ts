import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMaps } from '../../resources/index.ts'
import type { RequestContext } from '../request.ts'
import { type HandlerParts, requestHandler, type Target } from './handle.ts'

/** The name that a request is judged by. */
async function judgedName(target: Pick<Target, 'verb' | 'name'>, fieldSelector?: string): Promise<string> {
  let judged = '?'
  const handle = requestHandler({
    authorizer: {
      async check(_identity: unknown, { name }: { name: string }) {
        judged = name
        throw new Error('judged')
      },
    },
  } as unknown as HandlerParts)
  const context = { query: fieldSelector === undefined ? {} : { fieldSelector } } as unknown as RequestContext
  await assert.rejects(
    handle({ definition: configMaps, namespace: 'n', subresource: '', ...target } as Target, context),
  )
  return judged
}

const cases: readonly (readonly [Pick<Target, 'verb' | 'name'>, string | undefined, string])[] = [
  [{ verb: 'get', name: 'a' }, undefined, 'a'],
  [{ verb: 'list', name: undefined }, undefined, ''],
  [{ verb: 'list', name: undefined }, 'metadata.name=a', 'a'],
  [{ verb: 'watch', name: undefined }, 'metadata.namespace=n,metadata.name==a', 'a'],
  [{ verb: 'deletecollection', name: undefined }, 'metadata.name=a', 'a'],
  [{ verb: 'watch', name: undefined }, 'metadata.name!=a', ''],
  [{ verb: 'create', name: undefined }, 'metadata.name=a', ''],
]
for (const [target, selector, name] of cases) {
  test(`${target.verb} with ${selector ?? 'no selector'} is judged as about ${name === '' ? 'no one object' : name}`, async () => {
    assert.equal(await judgedName(target, selector), name)
  })
}
