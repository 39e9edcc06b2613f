import { base64Of, isConflict, isNotFound, keyOf, nameOf } from '../../machinery/index.ts'
import {
  configMaps,
  pods,
  type Secret,
  type ServiceAccount,
  secretNamesOf,
  secrets,
  serviceAccounts,
} from '../../resources/index.ts'
import type { Controller, Turn } from '../runtime/controller.ts'
import { settingsOf } from '../runtime/settings.ts'
import {
  accountNameAnnotation,
  accountUidAnnotation,
  cleaningOf,
  invalidSinceLabel,
  isAccountToken,
  isTokenOf,
  lackingIn,
  legacyClaims,
  refersTo,
} from './plan.ts'

const accountOf = ({ metadata }: Secret) => metadata.annotations?.[accountNameAnnotation] ?? ''

/** Fills in the tokens that Secrets ask for, and takes them away with their account. */
export const serviceAccountTokenController: Controller = {
  name: 'serviceaccount-token-controller',
  // Kubernetes: this one acts as the manager of controllers itself, since it hands out what all others act with.
  account: '',
  eventSource: 'serviceaccount-token-controller',
  watches: [
    { resource: secrets, wake: (secret: Secret) => (isAccountToken(secret) ? [nameOf(secret)] : []) },
    {
      resource: serviceAccounts,
      wake: ({ metadata }: ServiceAccount, cached) =>
        cached(secrets)
          .list(metadata.namespace)
          .filter((secret) => isAccountToken(secret) && accountOf(secret) === metadata.name)
          .map(nameOf),
    },
  ],
  start({ cached, config }) {
    const all = cached(secrets)
    const accounts = cached(serviceAccounts)
    const accountOfGone = new Map<string, string>()
    return async function reconcile(name, turn) {
      const secret = all.get(name)
      const key = keyOf(name)
      if (secret === undefined) {
        const account = accountOfGone.get(key)
        accountOfGone.delete(key)
        if (account !== undefined) await forget(name.namespace ?? '', account, name.name, turn)
        return undefined
      }
      const accountName = { namespace: name.namespace!, name: accountOf(secret) }
      accountOfGone.set(key, accountName.name)
      const known = accounts.get(accountName)
      const account =
        known !== undefined && isTokenOf(secret, known) ? known : await liveAccount(secret, accountName, turn)
      if (account === undefined) await removeToken(secret, turn)
      else await fillIn(secret, account, config, turn)
      return undefined
    }
  },
}

async function liveAccount(
  secret: Secret,
  name: { readonly namespace: string; readonly name: string },
  { client }: Turn,
): Promise<ServiceAccount | undefined> {
  try {
    const account = await client.get(serviceAccounts, name)
    return isTokenOf(secret, account) ? account : undefined
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

async function removeToken(secret: Secret, { client, because }: Turn): Promise<void> {
  because('its service account does not exist')
  try {
    await client.delete(secrets, nameOf(secret), { preconditions: { uid: secret.metadata.uid } })
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error
  }
}

async function fillIn(
  secret: Secret,
  account: ServiceAccount,
  { rootCa, signToken }: { readonly rootCa: string; readonly signToken?: (claims: object) => Promise<string> },
  { client }: Turn,
): Promise<void> {
  const lacking = lackingIn(secret, rootCa)
  const needsToken = lacking.token && signToken !== undefined
  if (!needsToken && Object.keys(lacking.data).length === 0) return
  const token = needsToken
    ? { token: base64Of(new TextEncoder().encode(await signToken(legacyClaims(account, secret)))) }
    : {}
  const { name, uid } = account.metadata
  const annotations = { ...secret.metadata.annotations, [accountNameAnnotation]: name, [accountUidAnnotation]: uid }
  try {
    await client.update(secrets, {
      ...secret,
      metadata: { ...secret.metadata, annotations },
      data: { ...secret.data, ...lacking.data, ...token },
    })
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error
  }
}

/** An account does not go on listing a Secret that is gone. */
async function forget(namespace: string, accountName: string, secretName: string, { client }: Turn): Promise<void> {
  try {
    const account = await client.get(serviceAccounts, { namespace, name: accountName })
    if (!refersTo(account, secretName)) return
    const kept = (account.secrets ?? []).filter(({ name }) => name !== secretName)
    await client.update(serviceAccounts, { ...account, secrets: kept })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

const tracking = { namespace: 'kube-system', name: 'kube-apiserver-legacy-service-account-token-tracking' }
const checkMs = 24 * 60 * 60_000

/** Takes away tokens that were made for accounts unasked and have not been used for a year: first their worth, then them. */
export const legacyTokenCleanerController: Controller = {
  name: 'legacy-serviceaccount-token-cleaner-controller',
  account: 'legacy-service-account-token-cleaner',
  watches: [{ resource: secrets, wake: (secret: Secret) => (isAccountToken(secret) ? [nameOf(secret)] : []) }],
  start({ cached, clock, config }) {
    const { unusedTokenMs: unusedMs } = settingsOf(config)
    const all = cached(secrets)
    const accounts = cached(serviceAccounts)
    const allPods = cached(pods)
    const maps = cached(configMaps)
    return async function reconcile(name, { client }) {
      const secret = all.get(name)
      if (secret === undefined) return undefined
      const { namespace, resourceVersion, uid } = secret.metadata
      const todo = cleaningOf(secret, accounts.get({ namespace: namespace!, name: accountOf(secret) }), {
        nowMs: clock.now(),
        trackedSince: maps.get(tracking)?.data?.['since'],
        mounted: allPods.list(namespace).some((pod) => secretNamesOf(pod).includes(name.name)),
        unusedMs,
      })
      try {
        if (todo === 'delete')
          await client.delete(secrets, name, { preconditions: { resourceVersion: resourceVersion! } })
        else if (todo !== 'nothing')
          await client.patch(secrets, name, {
            type: 'merge',
            body: { metadata: { uid, labels: { [invalidSinceLabel]: todo.invalidSince } } },
          })
      } catch (error) {
        if (!isNotFound(error) && !isConflict(error)) throw error
      }
      return { againInMs: checkMs }
    }
  },
}
