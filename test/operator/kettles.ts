/** The kind of the operator built with the official JavaScript client: its declaration and its webhooks. */
import type { RequestListener } from 'node:http'
import type { Serving } from './serving.ts'

const group = 'kitchen.example.com'
const status = {
  type: 'object',
  properties: {
    observedGeneration: { type: 'integer' },
    conditions: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
      items: {
        type: 'object',
        required: ['type', 'status'],
        properties: { type: { type: 'string' }, status: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
}
const version = (name: string, storage: boolean, spec: object) => ({
  name,
  served: true,
  storage,
  subresources: { status: {} },
  schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: spec }, status } } },
})

/** The objects to create before the operator runs; its webhooks answer at the port. */
export function kettleObjects({ caBundle }: Serving, port: number): readonly any[] {
  const clientConfig = (path: string) => ({ url: `https://localhost:${port}${path}`, caBundle })
  const hook = (name: string, path: string) => ({
    name,
    clientConfig: clientConfig(path),
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    rules: [{ operations: ['CREATE', 'UPDATE'], apiGroups: [group], apiVersions: ['v1'], resources: ['kettles'] }],
  })
  return [
    {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `kettles.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { plural: 'kettles', kind: 'Kettle' },
        conversion: {
          strategy: 'Webhook',
          webhook: { conversionReviewVersions: ['v1'], clientConfig: clientConfig('/convert') },
        },
        versions: [
          version('v1alpha1', false, { litres: { type: 'integer' } }),
          version('v1', true, { volume: { type: 'string', pattern: '^[0-9]+l$' }, fuel: { type: 'string' } }),
        ],
      },
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata: { name: 'kettles' },
      webhooks: [hook('default.kettles.example.com', '/default')],
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'kettles' },
      webhooks: [hook('check.kettles.example.com', '/check')],
    },
  ]
}

const converted = (object: any, desiredAPIVersion: string) => {
  const { litres, volume, fuel } = object.spec ?? {}
  const spec = desiredAPIVersion.endsWith('/v1alpha1')
    ? { litres: Number.parseInt(volume, 10) }
    : { volume: `${litres}l`, ...(fuel === undefined ? {} : { fuel }) }
  return { ...object, apiVersion: desiredAPIVersion, spec }
}

function respond(path: string, request: any): object {
  const { uid } = request
  if (path.startsWith('/convert')) {
    const convertedObjects = request.objects.map((one: any) => converted(one, request.desiredAPIVersion))
    return { uid, result: { status: 'Success' }, convertedObjects }
  }
  const { spec } = request.object
  if (path.startsWith('/check')) {
    if (Number.parseInt(spec.volume, 10) < 100) return { uid, allowed: true }
    return { uid, allowed: false, status: { code: 422, message: `${spec.volume} is a bath` } }
  }
  if (spec.fuel !== undefined) return { uid, allowed: true }
  const patch = Buffer.from(JSON.stringify([{ op: 'add', path: '/spec/fuel', value: 'gas' }])).toString('base64')
  return { uid, allowed: true, patchType: 'JSONPatch', patch }
}

/** Answers conversion and admission reviews as such servers do. */
export const kettleWebhooks: RequestListener = async (request, response) => {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  const { apiVersion, kind, request: asked } = JSON.parse(text)
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ apiVersion, kind, response: respond(request.url ?? '', asked) }))
}
