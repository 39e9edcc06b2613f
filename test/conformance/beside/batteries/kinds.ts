import {
  type Asked,
  apply,
  asEarlierTable,
  asMetadata,
  asTable,
  type Battery,
  battery,
  get,
  jsonPatch,
  mergePatch,
  post,
  put,
  remove,
  silently,
  strategicPatch,
} from '../battery.ts'
import { type Sample, samples } from './objects.ts'

const namespace = 'kinds'
const placed = <T>(value: T): T => JSON.parse(JSON.stringify(value).replaceAll('NS', namespace)) as T

/** What becomes of an object of a kind from its creation to its end. */
function lifeOf({ at, object, changes = [], status }: Sample): readonly Asked[] {
  const { apiVersion, kind, metadata } = object as { apiVersion: string; kind: string; metadata: { name: string } }
  const { name } = metadata
  const one = `${at}/${name}`
  const head = { apiVersion, kind }
  const labelled = { ...object, metadata: { ...metadata, labels: { put: 'yes' } } }
  const states: readonly Asked[] =
    status === undefined
      ? [get(`${one}/status`)]
      : [
          get(`${one}/status`),
          mergePatch(`${one}/status`, { metadata: { labels: { of: 'status' } }, status }),
          apply(`${one}/status`, 'fieldManager=s&force=true', { ...head, metadata: { name }, status }),
          get(one, asTable),
        ]
  return [
    post(`${at}?dryRun=All&fieldValidation=Strict`, object),
    post(`${at}?fieldManager=m`, object),
    post(at, object),
    get(one),
    get(`${one}?includeObject=Object`, asTable),
    get(`${at}?includeObject=None&fieldSelector=metadata.name=${name}`, asTable),
    get(`${at}?fieldSelector=metadata.name=${name}`, asEarlierTable),
    get(`${at}?fieldSelector=metadata.name=${name}`, asMetadata),
    get(`${at}?fieldSelector=metadata.name=none`),
    put(one, labelled),
    ...changes.map((change) => mergePatch(one, change)),
    ...states,
    jsonPatch(one, [{ op: 'add', path: '/metadata/annotations', value: { a: 'b' } }]),
    strategicPatch(one, { metadata: { finalizers: ['a.b/c'] } }),
    apply(one, 'fieldManager=x', { ...head, metadata: { name, labels: { put: 'no' } } }),
    apply(one, 'fieldManager=x&force=true', { ...head, metadata: { name, labels: { put: 'no' } } }),
    mergePatch(one, { metadata: { managedFields: [{}] } }),
    apply(one, 'fieldManager=y', { ...head, metadata: { name, labels: { y: 'y' } } }),
    remove(`${one}?dryRun=All`),
    remove(one),
    mergePatch(one, { metadata: { finalizers: ['a.b/c', 'd.e/f'] } }),
    mergePatch(one, { metadata: { finalizers: null } }),
    get(one),
    remove(one),
    silently(post(at, object)),
    remove(`${at}?fieldSelector=metadata.name=${name}`),
  ]
}

/** Every kind's life. */
export const kinds: readonly Battery[] = [
  battery(
    'first: a namespace for the kinds',
    silently(post('/api/v1/namespaces', { metadata: { name: namespace } })),
    silently(post(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: 'default' } })),
  ),
  ...samples.map((sample) => {
    const own = placed(sample)
    return battery(`life of ${own.at.replace(/^.*\//, '')}`, lifeOf(own))
  }),
]
