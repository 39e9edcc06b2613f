import assert from 'node:assert/strict'
import { after } from 'node:test'
import { isActive, isReady } from '../../src/machinery/index.ts'
import {
  clusterRoles,
  configMaps,
  controllerRevisions,
  cronJobs,
  daemonSets,
  deployments,
  endpointSlices,
  endpoints,
  events,
  jobs,
  namespaces,
  nodes,
  podDisruptionBudgets,
  pods,
  replicaSets,
  replicationControllers,
  serviceAccounts,
  services,
  statefulSets,
} from '../../src/resources/index.ts'
import { createWorld } from './world.ts'

export const at = (name: string, namespace = 'default') => ({ namespace, name })
export const template = (app: string, image = 'v1', annotations: Record<string, string> = {}) => ({
  metadata: { labels: { app }, annotations },
  spec: { containers: [{ name: 'main', image, ports: [{ name: 'http', containerPort: 8080 }] }] },
})
export const workload = (app: string, replicas: number, more: object = {}) => ({
  replicas,
  selector: { matchLabels: { app } },
  template: template(app),
  ...more,
})
export const named = (app: string) => ({ metadata: at(app) })

/** A cluster of four simulated nodes without faults, its controllers and scheduler at work, and words for what tests look at; it ends with the file's tests. */
export async function quietWorld() {
  const world = await createWorld(1, 4, () => ({
    failing: 0,
    latencyMsMax: 0,
    watchLagMsMax: 0,
    breaking: 0,
    until: () => false,
  }))
  const kinds = [
    clusterRoles,
    configMaps,
    controllerRevisions,
    cronJobs,
    daemonSets,
    deployments,
    endpointSlices,
    endpoints,
    events,
    jobs,
    namespaces,
    nodes,
    podDisruptionBudgets,
    pods,
    replicaSets,
    replicationControllers,
    serviceAccounts,
    services,
    statefulSets,
  ]
  for (const kind of kinds) world.informers.of<any>(kind)
  world.start('controllers')
  world.start('scheduler')

  async function until(done: () => boolean, what: string, seconds = 120): Promise<void> {
    await world.run(seconds * 1000, () => {}, done)
    assert.ok(done(), `within ${seconds} s: ${what}`)
  }
  /** Lets everything that is under way come to rest. */
  const rest = (seconds = 5) => world.run(seconds * 1000, () => {})
  const podsOf = (app: string, namespace = 'default') =>
    world.informers
      .of(pods)
      .list(namespace)
      .filter(({ metadata }) => metadata.labels?.app === app)
  const imagesOf = (app: string) =>
    podsOf(app)
      .filter(isActive)
      .map(({ spec }) => spec.containers[0]?.image)
      .toSorted()
  const isUp = (app: string, count: number) =>
    podsOf(app).filter(isReady).length === count && podsOf(app).length === count
  const eventsOf = (name: string) =>
    world.informers
      .of(events)
      .list('default')
      .filter(({ involvedObject }) => involvedObject.name === name)
      .map(({ reason, message }) => `${reason}: ${message}`)
  const setImage = (resource: any, app: string, image: string) =>
    world.client.patch(resource, at(app), {
      type: 'strategic',
      body: { spec: { template: { spec: { containers: [{ name: 'main', image }] } } } },
    })
  async function createDeployment(app: string, replicas: number, more: object = {}): Promise<void> {
    await world.client.create(deployments, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      ...named(app),
      spec: workload(app, replicas, more),
    } as any)
    await until(() => isUp(app, replicas), `${replicas} pods of ${app}`)
  }

  await until(() => world.informers.of(serviceAccounts).list('default').length > 0, 'the default service account')
  after(() => world.stop())
  return { world, until, rest, podsOf, imagesOf, isUp, eventsOf, setImage, createDeployment }
}
