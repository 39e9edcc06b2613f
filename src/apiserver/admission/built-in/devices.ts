/** What device requests need besides their own text: expressions that can be run, and the namespace's leave for admin access. */
import { type FieldError, forbiddenField, invalid, invalidObject, sameJson, tooLong } from '../../../machinery/index.ts'
import {
  type AllocationResult,
  type DeviceClaim,
  type DeviceClass,
  type DeviceSelector,
  namespaces,
  type ResourceClaim,
  type ResourceClaimTemplate,
} from '../../../resources/index.ts'
import type { Registry } from '../../registry/registry.ts'
import type { AdmissionPlugin, Attributes } from '../admission.ts'

const adminLabel = 'resource.kubernetes.io/admin-access'
const expressionLengthMax = 10 * 1024
const kinds: Readonly<Record<string, string>> = {
  deviceclasses: 'DeviceClass',
  resourceclaims: 'ResourceClaim',
  resourceclaimtemplates: 'ResourceClaimTemplate',
}
type Selectors = readonly [at: string, selectors: readonly DeviceSelector[]]

const ofClaim = ({ requests = [] }: DeviceClaim, at: string): readonly Selectors[] =>
  requests.flatMap(({ exactly, firstAvailable = [] }, index): readonly Selectors[] => {
    const place = `${at}.requests[${index}]`
    return [
      [`${place}.exactly.selectors`, exactly?.selectors ?? []],
      ...firstAvailable.map(
        ({ selectors = [] }, choice): Selectors => [`${place}.firstAvailable[${choice}].selectors`, selectors],
      ),
    ]
  })

/** The selectors of an object that were not there before. Claims and templates keep theirs. */
function newSelectors({ definition, object, previous }: Attributes): readonly Selectors[] {
  if (definition.plural === 'deviceclasses') {
    const { selectors = [] } = (object as DeviceClass).spec
    return sameJson(selectors, (previous as DeviceClass | undefined)?.spec.selectors ?? [])
      ? []
      : [['spec.selectors', selectors]]
  }
  if (previous !== undefined) return []
  return definition.plural === 'resourceclaims'
    ? ofClaim((object as ResourceClaim).spec.devices ?? {}, 'spec.devices')
    : ofClaim((object as ResourceClaimTemplate).spec.spec.devices ?? {}, 'spec.spec.devices')
}

async function selectorErrors(given: readonly Selectors[]): Promise<readonly FieldError[]> {
  const expressions = given.flatMap(([at, selectors]) =>
    selectors.flatMap(({ cel }, index) =>
      cel === undefined ? [] : [{ at: `${at}[${index}].cel.expression`, text: cel.expression }],
    ),
  )
  if (expressions.length === 0) return []
  // Big, and asked for only by those who select devices.
  const { deviceSelection, deviceSelectorCostMax } = await import('../../../machinery/cel/index.ts')
  return expressions.flatMap(({ at, text }) => {
    if (text.length > expressionLengthMax) return [tooLong(at, expressionLengthMax)]
    const selection = deviceSelection(text)
    if (!selection.ok) return [invalid(at, text, selection.problem)]
    return selection.costMax > deviceSelectorCostMax ? [forbiddenField(at, 'too complex, exceeds cost limit')] : []
  })
}

/** Where admin access is newly asked for, or newly given. */
function adminAccessAt({ definition, object, previous, subresource }: Attributes): string | undefined {
  if (definition.plural === 'deviceclasses') return undefined
  if (subresource === 'status') {
    const resultsOf = (
      claim: ResourceClaim | undefined,
    ): NonNullable<NonNullable<AllocationResult['devices']>['results']> =>
      claim?.status?.allocation?.devices?.results ?? []
    const isGiven = ({ adminAccess }: { readonly adminAccess?: boolean }) => adminAccess === true
    if (resultsOf(previous as ResourceClaim | undefined).some(isGiven)) return undefined
    const given = resultsOf(object as ResourceClaim).findIndex(isGiven)
    return given < 0 ? undefined : `status.allocation.devices.results[${given}].adminAccess`
  }
  if (previous !== undefined) return undefined
  const spec =
    definition.plural === 'resourceclaims'
      ? (object as ResourceClaim).spec
      : (object as ResourceClaimTemplate).spec.spec
  const asked = (spec.devices?.requests ?? []).findIndex(({ exactly }) => exactly?.adminAccess === true)
  return asked < 0 ? undefined : `spec.devices.requests[${asked}].adminAccess`
}

export function deviceRequests({ registry }: { readonly registry: () => Registry }): AdmissionPlugin {
  return {
    name: 'DeviceRequests',
    resources: Object.keys(kinds).map((plural) => `resource.k8s.io/${plural}`),
    async validate(attributes) {
      const { operation, definition, object, namespace, subresource } = attributes
      if (operation !== 'CREATE' && operation !== 'UPDATE') return
      const errors = subresource === '' ? [...(await selectorErrors(newSelectors(attributes)))] : []
      const admin = adminAccessAt(attributes)
      if (admin !== undefined) {
        const { labels } = (await registry().find(namespaces, '', namespace))?.metadata ?? {}
        const why = `admin access to devices requires the \`${adminLabel}: true\` label on the containing namespace`
        if (labels?.[adminLabel] !== 'true') errors.push(forbiddenField(admin, why))
      }
      if (errors.length === 0) return
      throw invalidObject(
        { group: 'resource.k8s.io', kind: kinds[definition.plural]! },
        object.metadata.name ?? '',
        errors,
      )
    },
  }
}
