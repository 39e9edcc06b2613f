import type { KubeObject, LabelSelector } from '../../machinery/index.ts'
import { discoveredResource } from '../discovered.ts'

type Amounts = Readonly<Record<string, string>>

/** A queue of Jobs with a quota, under the names that Kueue has made known. */
export interface JobQueue extends KubeObject {
  readonly spec: {
    /** How much the Jobs of the queue may ask for together, by resource; `pods` counts pods. What is not named is not limited. */
    readonly nominalQuota?: Amounts
    /** Queues of one cohort lend each other what they do not use. */
    readonly cohort?: string
    /** How much of each resource may be borrowed; without it, all that the others do not use. */
    readonly borrowingLimit?: Amounts
    readonly queueingStrategy?: 'BestEffortFIFO' | 'StrictFIFO'
    readonly stopPolicy?: 'None' | 'Hold' | 'HoldAndDrain'
    readonly fairSharing?: { readonly weight?: number }
    /** Namespaces whose Jobs may use the queue; without it, all. */
    readonly namespaceSelector?: LabelSelector
  }
  readonly status?: {
    readonly pendingJobs?: number
    readonly admittedJobs?: number
    readonly used?: Amounts
    readonly borrowed?: Amounts
  }
}

const group = 'queue.coxswain.dev'
const version = 'v1alpha1'

/** The definition of JobQueues, for clients: they are custom resources. */
export const jobQueues = discoveredResource({
  group,
  version,
  kind: 'JobQueue',
  plural: 'jobqueues',
  singular: 'jobqueue',
  scope: 'Cluster',
  verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'],
  shortNames: ['jq'],
  categories: [],
})

const amounts = {
  type: 'object',
  additionalProperties: {
    anyOf: [{ type: 'integer' }, { type: 'string' }],
    'x-kubernetes-int-or-string': true,
    pattern:
      '^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$',
  },
}
const column = (name: string, jsonPath: string, type = 'string') => ({ name, type, jsonPath })

/** What makes the API know JobQueues. */
export const jobQueueDefinition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `jobqueues.${group}` },
  spec: {
    group,
    scope: 'Cluster',
    names: {
      kind: 'JobQueue',
      listKind: 'JobQueueList',
      plural: 'jobqueues',
      singular: 'jobqueue',
      shortNames: ['jq'],
    },
    versions: [
      {
        name: version,
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [
          column('Cohort', '.spec.cohort'),
          column('Pending', '.status.pendingJobs', 'integer'),
          column('Admitted', '.status.admittedJobs', 'integer'),
          column('Age', '.metadata.creationTimestamp', 'date'),
        ],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: {
                  nominalQuota: amounts,
                  cohort: { type: 'string' },
                  borrowingLimit: amounts,
                  queueingStrategy: {
                    type: 'string',
                    enum: ['BestEffortFIFO', 'StrictFIFO'],
                    default: 'BestEffortFIFO',
                  },
                  stopPolicy: { type: 'string', enum: ['None', 'Hold', 'HoldAndDrain'], default: 'None' },
                  fairSharing: { type: 'object', properties: { weight: { type: 'integer', minimum: 1 } } },
                  namespaceSelector: {
                    type: 'object',
                    properties: {
                      matchLabels: { type: 'object', additionalProperties: { type: 'string' } },
                      matchExpressions: {
                        type: 'array',
                        items: {
                          type: 'object',
                          required: ['key', 'operator'],
                          properties: {
                            key: { type: 'string' },
                            operator: { type: 'string', enum: ['In', 'NotIn', 'Exists', 'DoesNotExist'] },
                            values: { type: 'array', items: { type: 'string' } },
                          },
                        },
                      },
                    },
                  },
                },
              },
              status: {
                type: 'object',
                properties: {
                  pendingJobs: { type: 'integer' },
                  admittedJobs: { type: 'integer' },
                  used: amounts,
                  borrowed: amounts,
                },
              },
            },
          },
        },
      },
    ],
  },
} as const
