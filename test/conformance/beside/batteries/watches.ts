import {
  type Asked,
  asEarlierTable,
  asMetadata,
  asTable,
  type Battery,
  battery,
  get,
  mergePatch,
  post,
  put,
  remove,
  silently,
} from '../battery.ts'

const namespace = 'watched'
const at = `/api/v1/namespaces/${namespace}/configmaps`
const map = (name: string, labels: object = {}, data: object = {}) => ({ metadata: { name, labels }, data })
/** All that happened since the beginning, until the server ends the watch. */
const watch = (query: string, headers?: Asked['headers']) => get(`${at}?watch=true&timeoutSeconds=1&${query}`, headers)
const initial = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan'

/** Lists page by page, watches, and what revisions mean. */
export const watches: readonly Battery[] = [
  battery(
    'watches and lists',
    silently(post('/api/v1/namespaces', { metadata: { name: namespace } })),
    ...['a', 'b', 'c', 'd', 'e'].map((name) => silently(post(at, map(name, { of: name < 'c' ? 'first' : 'last' })))),
    silently(put(`${at}/a`, map('a', { of: 'last' }, { changed: 'yes' }))),
    silently(mergePatch(`${at}/e`, { metadata: { labels: { of: 'first' } } })),
    silently(remove(`${at}/d`)),
    watch('resourceVersion=0'),
    watch(''),
    watch('labelSelector=of=first'),
    watch(`${initial}&allowWatchBookmarks=true`),
    watch(`${initial}`),
    watch(`${initial}&allowWatchBookmarks=true`, asTable),
    watch(`${initial}&allowWatchBookmarks=true`, asEarlierTable),
    watch('resourceVersion=0&includeObject=None', asTable),
    watch('resourceVersion=0', { accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' }),
    watch('fieldSelector=metadata.name=b'),
    watch('resourceVersion=1'),
    watch('resourceVersion=999999999'),
    get(`/api/v1/watch/namespaces/${namespace}/configmaps/b?timeoutSeconds=1`),
    get(`/api/v1/watch/namespaces/${namespace}/configmaps?timeoutSeconds=1&labelSelector=of=last`),
    get(`${at}/b?watch=true&timeoutSeconds=1`),
    get(`${at}?limit=2`),
    get(`${at}?limit=2&labelSelector=of=first`),
    get(`${at}?limit=9`),
    get(`${at}?limit=2&resourceVersion=0`),
    get(`${at}?limit=2&resourceVersion=1&resourceVersionMatch=Exact`),
    get(`${at}?resourceVersion=1&resourceVersionMatch=NotOlderThan`),
    get(`${at}?resourceVersionMatch=NotOlderThan`),
    get(`${at}?limit=1`, asTable),
    get(`${at}?limit=1`, asMetadata),
    get(`${at}?fieldSelector=metadata.name!=b,metadata.namespace=${namespace}`),
    get(`${at}?labelSelector=of in (first,last),!x`.replaceAll(' ', '%20')),
    get(`${at}?labelSelector=of notin (first)`.replaceAll(' ', '%20')),
    get(`${at}?labelSelector=of%3E1`),
    get(`${at}?pretty=true&limit=1`),
    remove(`${at}?labelSelector=of=first&dryRun=All`),
    remove(`${at}?labelSelector=of=first`),
    remove(at),
    get(at),
  ),
]
