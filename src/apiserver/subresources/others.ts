import { type Clock, cloneJson, type KubeObject, notFound } from '../../machinery/index.ts'
import {
  type CertificateSigningRequest,
  certificateSigningRequests,
  componentStatuses,
  type Draft,
  namespaces,
  requestUpdateErrors,
  stampConditions,
} from '../../resources/index.ts'
import type { ServiceAccountTokens } from '../authn/service-accounts.ts'
import { draftOf } from '../registry/draft.ts'
import { patchChange } from '../registry/patching.ts'
import type { Change, Registry } from '../registry/registry.ts'
import type { HandlerTable } from './subresources.ts'

/** token of service accounts, finalize of namespaces, approval of CSRs, and the old component statuses. */
export function otherSubresources(registry: Registry, tokens: ServiceAccountTokens, clock: Clock): HandlerTable {
  const approval = approvalAt(clock)
  return {
    '/serviceaccounts/token': {
      create: async ({ namespace = '', name = '', body }) => ({
        type: 'value',
        code: 201,
        body: await tokens.request(namespace, name, body),
      }),
    },
    '/namespaces/finalize': {
      update: ({ name = '', body }, context) => {
        const draft = draftOf(namespaces, body, context)
        return registry.update(
          namespaces,
          undefined,
          name,
          { subresource: 'finalize', retry: false, next: () => cloneJson(draft), strategy: finalize },
          context,
        )
      },
    },
    'certificates.k8s.io/certificatesigningrequests/approval': {
      get: ({ name = '' }, { query }) => registry.get(certificateSigningRequests, undefined, name, query),
      update: ({ name = '', body }, context) => {
        const draft = draftOf(certificateSigningRequests, body, context)
        return registry.update(
          certificateSigningRequests,
          undefined,
          name,
          { subresource: 'approval', retry: false, next: () => cloneJson(draft), strategy: approval },
          context,
        )
      },
      patch: ({ name = '', body, patchType }, context) =>
        registry.update(
          certificateSigningRequests,
          undefined,
          name,
          {
            ...patchChange(certificateSigningRequests, patchType ?? 'strategic', body, context),
            subresource: 'approval',
            strategy: approval,
          },
          context,
        ),
    },
    '/componentstatuses': {
      list: async () => ({
        type: 'value',
        code: 200,
        body: { kind: 'ComponentStatusList', apiVersion: 'v1', metadata: {}, items: components.map(componentStatus) },
        rows: rowsOf(components),
      }),
      get: async ({ name = '' }) => {
        if (!components.includes(name)) throw notFound({ group: '', resource: componentStatuses.plural }, name)
        return {
          type: 'value',
          code: 200,
          body: { kind: 'ComponentStatus', apiVersion: 'v1', ...componentStatus(name) },
          rows: rowsOf([name]),
        }
      },
    },
  }
}

const components = ['controller-manager', 'scheduler', 'etcd-0']

function componentStatus(name: string): object {
  return { metadata: { name }, conditions: [{ type: 'Healthy', status: 'True', message: 'ok' }] }
}
const rowsOf = (names: readonly string[]) => ({
  definition: componentStatuses,
  objects: names.map((name) => ({ kind: 'ComponentStatus', apiVersion: 'v1', ...componentStatus(name) }) as KubeObject),
})

/** Kubernetes: finalize changes spec.finalizers and nothing else. */
const finalize: NonNullable<Change['strategy']> = {
  prepare(draft, previous) {
    const finalizers = draft.spec?.finalizers
    const { metadata } = draft
    Object.assign(draft, cloneJson(previous), { metadata })
    draft.spec = finalizers === undefined || finalizers.length === 0 ? {} : { finalizers }
  },
}

/** Kubernetes: approval changes the conditions and nothing else; they are stamped when new. */
const approvalAt = (clock: Clock): NonNullable<Change['strategy']> => ({
  prepare(draft, previous) {
    const conditions = draft.status?.conditions ?? []
    const { metadata } = draft
    const before = cloneJson(previous) as Draft
    Object.assign(draft, before, { metadata })
    const { conditions: _, ...status } = before.status ?? {}
    draft.status = { ...status, ...(conditions.length === 0 ? {} : { conditions }) }
    stampConditions(draft, previous as CertificateSigningRequest, clock.now())
  },
  validate: (draft: KubeObject, previous: KubeObject) =>
    approvalErrors(draft as CertificateSigningRequest, previous as CertificateSigningRequest),
})

const approvalErrors = requestUpdateErrors({ approve: true })
