import {
  type Clock,
  isConflict,
  isNotFound,
  msOf,
  type ObjectName,
  StatusError,
  timestampOf,
} from '../../machinery/index.ts'
import {
  type CustomResourceDefinition,
  customResourceDefinitions,
  isResourceVersion,
  type ResourceDefinition,
  type StorageVersionMigration,
  storageVersionMigrations,
} from '../../resources/index.ts'
import { setCondition } from '../runtime/conditions.ts'
import type { Controller, Turn } from '../runtime/controller.ts'
import { isLater, planMigrations } from './plan.ts'

type Status = NonNullable<StorageVersionMigration['status']>
type Again = { readonly againInMs: number } | undefined

const name = 'storage-version-migrator-controller'
/** Kubernetes: what is said of declarations is said under this name. */
const runner = 'migration-runner-controller'
const requiredVerbs = ['update', 'patch', 'list']
/** Kubernetes: a resource that was just declared is given so long to be found. */
const patienceMs = 60_000
const lookPeriodMs = 1000
const pageSize = 500
/** Kubernetes: any namespace will do to learn the newest revision; in one that is not there nothing has to be read. */
const noNamespace = 'fake-svm-namespace-name'
const retriable = new Set([429, 500, 503, 504])

/** Writes every object of a resource anew, so that all are stored in the version that is stored now. */
export const storageVersionMigratorController: Controller = {
  name,
  account: name,
  queueName: name,
  about: ({ name: key }) => key,
  watches: [{ resource: storageVersionMigrations, wake: (one: StorageVersionMigration) => [{ name: keyOf(one) }] }],
  start({ cached, clock }) {
    const migrations = cached(storageVersionMigrations)
    migrations.addIndex('resource', (one) => [keyOf(one)])
    return async function reconcile({ name: key }, turn) {
      const { finished, next, running } = planMigrations(migrations.by('resource', key))
      for (const one of finished) await finish(one, turn, clock)
      if (next !== undefined) await begin(next, turn, clock)
      for (const one of running) {
        const again = await advance(one, turn, clock)
        if (again !== undefined) return again
      }
      return undefined
    }
  },
}

/** `RESOURCE.GROUP`. */
function keyOf({ spec }: StorageVersionMigration): string {
  const { group = '', resource = '' } = spec?.resource ?? {}
  return `${resource}.${group}`
}

async function say(migration: StorageVersionMigration, change: Partial<Status>, turn: Turn): Promise<void> {
  const status: Status = { ...migration.status, ...change }
  await turn.client.update(storageVersionMigrations, { ...migration, status }, 'status')
}

function conditionsWith(
  { status }: StorageVersionMigration,
  type: string,
  reason: string,
  message: string,
  clock: Clock,
) {
  return setCondition<any>(status?.conditions, { type, status: 'True', reason, message }, clock.now())
}

async function fail(migration: StorageVersionMigration, why: string, turn: Turn, clock: Clock): Promise<undefined> {
  turn.because(why)
  const conditions = conditionsWith(migration, 'Failed', 'StorageVersionMigrationFailed', why, clock)
  await say(migration, { conditions }, turn)
}

/** Marks a migration as the one whose turn it is, and the declaration, where it is about custom resources. */
async function begin(migration: StorageVersionMigration, turn: Turn, clock: Clock): Promise<void> {
  const about = `Migration ${migration.metadata.name} is running`
  await tellDeclaration(migration, turn, clock, () => ({ status: 'True', reason: 'MigrationRunning', message: about }))
  turn.because('its turn has come')
  const conditions = conditionsWith(migration, 'Running', 'MigrationRunning', 'The migration is running', clock)
  await say(migration, { conditions }, turn)
}

/** Says that a migration that is over runs no more; versions that a declaration's objects were stored in are forgotten. */
async function finish(migration: StorageVersionMigration, turn: Turn, clock: Clock): Promise<void> {
  const { conditions = [] } = migration.status ?? {}
  const succeeded = conditions.some(({ type, status }) => type === 'Succeeded' && status === 'True')
  await tellDeclaration(migration, turn, clock, ({ metadata, status, spec }) => {
    if (!succeeded) return { status: 'False', reason: 'MigrationFailed', message: 'The migration has failed' }
    const told = status?.conditions?.find(({ type }) => type === 'StorageMigrating')
    const isUnchanged = told !== undefined && told.observedGeneration === metadata.generation
    const suffix = isUnchanged
      ? ' and the stored versions have been updated'
      : ' but the stored versions have not been updated due to a generation mismatch'
    const stored = spec.versions.find((version) => version.storage)?.name
    return {
      ...{ status: 'False', reason: 'MigrationSucceeded', message: `The migration has succeeded${suffix}` },
      ...(isUnchanged && stored !== undefined ? { storedVersions: [stored] } : {}),
    }
  })
  const ended = {
    ...{ type: 'Running', status: 'False', reason: 'MigrationCompleted', message: 'Migration completed' },
    observedGeneration: migration.metadata.generation ?? 0,
  }
  await say(migration, { conditions: setCondition<any>(conditions, ended, clock.now()) as any }, turn)
}

interface Told {
  readonly status: string
  readonly reason: string
  readonly message: string
  readonly storedVersions?: readonly string[]
}

async function tellDeclaration(
  { spec }: StorageVersionMigration,
  { client }: Turn,
  clock: Clock,
  told: (declaration: CustomResourceDefinition) => Told,
): Promise<void> {
  const { group = '', resource = '' } = spec?.resource ?? {}
  const at: ObjectName = { name: `${resource}.${group}` }
  if (group === '') return
  const declaration = await client.get(customResourceDefinitions, at).catch((error: unknown) => {
    if (isNotFound(error)) return undefined
    throw error
  })
  if (declaration === undefined) return
  const { storedVersions, ...condition } = told(declaration)
  const { resourceVersion, generation = 0 } = declaration.metadata
  const times = { lastTransitionTime: timestampOf(clock.now()), observedGeneration: generation }
  const body = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    // The generation said below is that of this very revision.
    metadata: { name: at.name, resourceVersion },
    status: {
      conditions: [{ type: 'StorageMigrating', ...condition, ...times }],
      ...(storedVersions === undefined ? {} : { storedVersions }),
    },
  }
  const patch = { type: 'apply', body, fieldManager: runner, force: true } as const
  await client.patch(customResourceDefinitions, at, patch, 'status')
}

/** Takes a running migration one step on: what revision it is up to, then every object below that. */
async function advance(migration: StorageVersionMigration, turn: Turn, clock: Clock): Promise<Again> {
  const { group = '', resource = '' } = migration.spec?.resource ?? {}
  const { resources } = await turn.client.discover()
  const definition = resources.find((one) => one.group === group && one.plural === resource)
  const revision = migration.status?.resourceVersion ?? ''
  if (definition === undefined) {
    const sinceMs = clock.now() - msOf(migration.metadata.creationTimestamp ?? timestampOf(0))
    if (sinceMs < patienceMs) return { againInMs: lookPeriodMs }
    const why =
      revision === ''
        ? 'resource does not exist in discovery'
        : 'migration encountered unhandled error: unable to obtain GVR from discovery'
    return fail(migration, why, turn, clock)
  }
  if (revision === '') {
    await noteRevision(migration, definition, turn, clock)
    return undefined
  }
  const problem = await migrate(definition, revision, turn)
  if (problem !== undefined) return fail(migration, `migration encountered unhandled error: ${problem}`, turn, clock)
  turn.because('every object is stored anew')
  const conditions = conditionsWith(migration, 'Succeeded', 'StorageVersionMigrationSucceeded', '', clock)
  await say(migration, { conditions }, turn)
  return undefined
}

async function noteRevision(
  migration: StorageVersionMigration,
  definition: ResourceDefinition<any>,
  turn: Turn,
  clock: Clock,
): Promise<void> {
  const { group, version, plural, scope, verbs } = definition
  if (!requiredVerbs.every((verb) => verbs.includes(verb))) {
    const what = JSON.stringify(`${group}/${version}, Resource=${plural}`)
    const why = `resource ${what} does not support discovery operations: [${requiredVerbs.join(' ')}]`
    return fail(migration, why, turn, clock)
  }
  const query = { limit: 1, ...(scope === 'Namespaced' ? { namespace: noNamespace } : {}) }
  const { resourceVersion = '' } = (await turn.client.list(definition, query)).metadata
  if (!isResourceVersion(resourceVersion)) {
    const what = `${group}/${version}, Resource=${plural}`
    const ill = `resource version is not well formed: ${resourceVersion}`
    return fail(migration, `latest resourceVersion for ${what} is not valid: ${ill}`, turn, clock)
  }
  await say(migration, { resourceVersion }, turn)
}

/** Applies nothing to each object that was last written at or before a revision; resolves with why it cannot go on. */
async function migrate(
  definition: ResourceDefinition<any>,
  revision: string,
  { client, signal }: Turn,
): Promise<string | undefined> {
  const { group, version, kind } = definition
  const apiVersion = group === '' ? version : `${group}/${version}`
  let from: string | undefined
  do {
    const page = await client.list(definition, { limit: pageSize, ...(from === undefined ? {} : { continue: from }) })
    for (const { metadata } of page.items) {
      if (signal.aborted) throw signal.reason
      const { uid, resourceVersion, name: object, namespace } = metadata
      if (resourceVersion === undefined || isLater(resourceVersion, revision)) continue
      // Uid and revision make sure that nothing is made again that went, and that who wrote since has done the work.
      const body = { apiVersion, kind, metadata: { uid, resourceVersion } }
      const at = namespace === undefined ? { name: object } : { namespace, name: object }
      try {
        await client.patch(definition, at, { type: 'apply', body, fieldManager: name })
      } catch (error) {
        if (isConflict(error)) continue
        if (!(error instanceof StatusError) || retriable.has(error.code)) throw error
        return error.message
      }
    }
    from = page.metadata.continue
  } while (from !== undefined && from !== '')
  return undefined
}
