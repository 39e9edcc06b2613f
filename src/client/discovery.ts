import type { ApiReply, Transport } from '../machinery/index.ts'
import { discoveredResource, type ResourceDefinition, resourceFor, type Scope } from '../resources/index.ts'

/** What a server serves, as far as it could find out itself. */
export interface Discovery {
  /** One definition for each resource of each version; built-in kinds by their own. */
  readonly resources: readonly ResourceDefinition<any>[]
  /** What is served of each group, its preferred version first. */
  readonly groupVersions: readonly { readonly group: string; readonly version: string }[]
  /** Group versions whose server does not answer, so that what they have is not known now. */
  readonly stale: readonly string[]
}

interface GroupDocument {
  readonly items: readonly {
    readonly metadata: { readonly name?: string }
    readonly versions: readonly {
      readonly version: string
      readonly freshness?: string
      readonly resources?: readonly ResourceDocument[]
    }[]
  }[]
}
interface ResourceDocument {
  readonly resource: string
  readonly responseKind?: { readonly kind: string }
  readonly scope: Scope
  readonly singularResource: string
  readonly verbs: readonly string[]
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
}

/** Asks what is served (apidiscovery.k8s.io/v2). */
export async function discover(transport: Transport): Promise<Discovery> {
  const paths = ['/api', '/apis']
  const replies = await Promise.all(
    paths.map((path) => transport({ verb: 'get', group: '', version: '', resource: '', path })),
  )
  const groups = replies.flatMap((reply) => documentOf(reply).items)
  const stale: string[] = []
  const resources = groups.flatMap(({ metadata: { name: group = '' }, versions }) =>
    versions.flatMap(({ version, freshness, resources: list = [] }) => {
      if (freshness === 'Stale') stale.push(group === '' ? version : `${group}/${version}`)
      return list.map((one) => definitionOf(group, version, one))
    }),
  )
  const groupVersions = groups.flatMap(({ metadata: { name: group = '' }, versions }) =>
    versions.map(({ version }) => ({ group, version })),
  )
  return { resources, groupVersions, stale }
}

function documentOf(reply: ApiReply): GroupDocument {
  const body = 'body' in reply ? (reply.body as Partial<GroupDocument>) : {}
  if (!Array.isArray(body.items)) throw new Error('the server does not give discovery in its aggregated form')
  return body as GroupDocument
}

const chosen = new Map<ResourceDefinition<any>, ResourceDefinition<any>>()
/** A kind that is not served by default, where somebody chose to serve it; the same each time. */
function servedAnyway(known: ResourceDefinition<any>): ResourceDefinition<any> {
  const made = chosen.get(known) ?? { ...known, servedByDefault: true }
  chosen.set(known, made)
  return made
}

function definitionOf(group: string, version: string, one: ResourceDocument): ResourceDefinition<any> {
  const { resource: plural, responseKind, scope, singularResource, verbs, shortNames = [], categories = [] } = one
  const known = resourceFor({ group, version, resource: plural })
  if (known !== undefined) return known.servedByDefault ? known : servedAnyway(known)
  return discoveredResource({
    group,
    version,
    kind: responseKind?.kind ?? '',
    plural,
    singular: singularResource,
    scope,
    verbs,
    shortNames,
    categories,
  })
}
