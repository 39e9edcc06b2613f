/** The types of what every expression of a policy is given. */
import {
  type DeclType,
  listDeclType,
  mapDeclType,
  objectDeclType,
  simpleDecls as simple,
} from '../../../machinery/cel/index.ts'

const texts = listDeclType(simple.string)
const labels = mapDeclType(simple.string)
const kind = objectDeclType('kubernetes.GroupVersionKind', {
  group: simple.string,
  version: simple.string,
  kind: simple.string,
})
const resource = objectDeclType('kubernetes.GroupVersionResource', {
  group: simple.string,
  version: simple.string,
  resource: simple.string,
})

/** `request`. */
export const requestDecl: DeclType = objectDeclType('kubernetes.AdmissionRequest', {
  kind,
  resource,
  subResource: simple.string,
  requestKind: kind,
  requestResource: resource,
  requestSubResource: simple.string,
  name: simple.string,
  namespace: simple.string,
  operation: simple.string,
  userInfo: objectDeclType('kubernetes.UserInfo', {
    username: simple.string,
    uid: simple.string,
    groups: texts,
    extra: mapDeclType(texts),
  }),
  dryRun: simple.bool,
  options: simple.dyn,
})

/** `namespaceObject`. */
export const namespaceDecl: DeclType = objectDeclType('kubernetes.Namespace', {
  metadata: objectDeclType('kubernetes.NamespaceMetadata', {
    name: simple.string,
    generateName: simple.string,
    namespace: simple.string,
    labels,
    annotations: labels,
    UID: simple.string,
    creationTimestamp: simple.timestamp,
    deletionGracePeriodSeconds: simple.int,
    deletionTimestamp: simple.timestamp,
    generation: simple.int,
    resourceVersion: simple.string,
    finalizers: texts,
  }),
  spec: objectDeclType('kubernetes.NamespaceSpec', { finalizers: texts }),
  status: objectDeclType('kubernetes.NamespaceStatus', {
    conditions: listDeclType(
      objectDeclType('kubernetes.NamespaceCondition', {
        status: simple.string,
        type: simple.string,
        lastTransitionTime: simple.timestamp,
        message: simple.string,
        reason: simple.string,
      }),
    ),
    phase: simple.string,
  }),
})
