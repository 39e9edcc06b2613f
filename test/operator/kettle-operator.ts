/** An operator as people write them with the official JavaScript client: an informer, a lease, a finalizer, status, events. */
import * as k8s from '@kubernetes/client-node'

const at = { group: 'kitchen.example.com', version: 'v1', namespace: 'default', plural: 'kettles' }
const finalizer = 'kitchen.example.com/cool'
const manager = 'kettle-operator'
const lease = { namespace: 'default', name: manager }
const leaseSeconds = 2

export interface KettleOperator {
  readonly identity: string
  leads(): boolean
  /** What went wrong and was not a lost race. */
  problems(): readonly string[]
  /** Lets the lease go, so that another may lead at once. */
  stop(): Promise<void>
}

export function startKettleOperator(config: k8s.KubeConfig, identity: string): KettleOperator {
  const custom = config.makeApiClient(k8s.CustomObjectsApi)
  const core = config.makeApiClient(k8s.CoreV1Api)
  const leases = config.makeApiClient(k8s.CoordinationV1Api)
  const objects = k8s.KubernetesObjectApi.makeApiClient(config)
  const problems: string[] = []
  const stop = new AbortController()
  let leading = false
  const informer = k8s.makeInformer<any>(
    config,
    `/apis/${at.group}/${at.version}/namespaces/${at.namespace}/${at.plural}`,
    () => custom.listNamespacedCustomObject(at) as Promise<any>,
  )
  const waiting = new Set<string>()
  let busy: Promise<void> = Promise.resolve()
  const wake = (kettle: any) => {
    waiting.add(kettle.metadata.name)
    busy = busy.then(work)
  }
  async function work(): Promise<void> {
    if (!leading) return
    for (const name of [...waiting]) {
      waiting.delete(name)
      const kettle = informer.get(name, at.namespace)
      if (kettle === undefined) continue
      try {
        await reconcile(structuredClone(kettle))
      } catch (error) {
        const code = error instanceof k8s.ApiException ? error.code : undefined
        if (code !== 409 && code !== 404) problems.push(String(error))
      }
    }
  }

  async function reconcile(kettle: any): Promise<void> {
    const { name, uid, generation, finalizers = [], deletionTimestamp } = kettle.metadata
    if (deletionTimestamp !== undefined) {
      if (!finalizers.includes(finalizer)) return
      kettle.metadata.finalizers = finalizers.filter((one: string) => one !== finalizer)
      await custom.replaceNamespacedCustomObject({ ...at, name, body: kettle })
      return
    }
    if (!finalizers.includes(finalizer)) {
      kettle.metadata.finalizers = [...finalizers, finalizer]
      await custom.replaceNamespacedCustomObject({ ...at, name, body: kettle })
      return
    }
    if (kettle.status?.observedGeneration === generation) return
    const { volume, fuel } = kettle.spec
    const apiVersion = `${at.group}/${at.version}`
    const owner = { apiVersion, kind: 'Kettle', name, uid, controller: true }
    const metadata = { name: `${name}-cup`, namespace: at.namespace, ownerReferences: [owner] }
    const cup = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { volume, fuel } }
    await objects.patch(cup as never, undefined, undefined, manager, true, k8s.PatchStrategy.ServerSideApply)
    kettle.status = {
      observedGeneration: generation,
      conditions: [{ type: 'Boiled', status: 'True', message: volume }],
    }
    await custom.replaceNamespacedCustomObjectStatus({ ...at, name, body: kettle })
    const now = new Date()
    await core.createNamespacedEvent({
      namespace: at.namespace,
      body: {
        metadata: { generateName: `${name}.` },
        involvedObject: { apiVersion, kind: 'Kettle', name, namespace: at.namespace, uid },
        reason: 'Boiled',
        message: `boiled ${volume} on ${fuel}`,
        type: 'Normal',
        source: { component: manager },
        firstTimestamp: now,
        lastTimestamp: now,
        count: 1,
      },
    })
  }

  /** Takes the lease or renews it, if it is free, ours or too old; a lost race is lost. */
  async function elect(): Promise<boolean> {
    const spec = { holderIdentity: identity, leaseDurationSeconds: leaseSeconds, renewTime: new k8s.V1MicroTime() }
    try {
      const held = await leases.readNamespacedLease(lease)
      const { holderIdentity = '', renewTime } = held.spec ?? {}
      const old = renewTime === undefined || Date.now() - Date.parse(String(renewTime)) > leaseSeconds * 1000
      if (holderIdentity !== identity && holderIdentity !== '' && !old) return false
      await leases.replaceNamespacedLease({ ...lease, body: { ...held, spec } })
      return true
    } catch (error) {
      if (!(error instanceof k8s.ApiException)) throw error
      if (error.code === 409) return false
      if (error.code !== 404) throw error
      const body = { metadata: { name: lease.name }, spec }
      const made = await leases.createNamespacedLease({ namespace: lease.namespace, body }).catch(() => undefined)
      return made !== undefined
    }
  }

  async function run(): Promise<void> {
    informer.on('change', wake)
    informer.on('error', (error) => {
      if (!stop.signal.aborted) problems.push(String(error))
    })
    await informer.start()
    while (!stop.signal.aborted) {
      const before = leading
      leading = await elect()
      if (leading && !before) for (const kettle of informer.list()) wake(kettle)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    await busy
    await informer.stop()
    if (!leading) return
    leading = false
    const held = await leases.readNamespacedLease(lease)
    await leases.replaceNamespacedLease({ ...lease, body: { ...held, spec: { ...held.spec, holderIdentity: '' } } })
  }
  const running = run().catch((error: unknown) => {
    problems.push(String(error))
  })
  return {
    identity,
    leads: () => leading,
    problems: () => problems,
    async stop() {
      stop.abort()
      await running
    },
  }
}
