import { openAuthenticationFile, openAuthorizationFile } from '../../apiserver/index.ts'
import { credentialsFromKubeconfig } from '../../client/index.ts'
import { systemClock } from '../../machinery/index.ts'
import { type AdmissionFlags, readAdmission } from './admission.ts'
import { fileProblem, followedFile } from './followed-file.ts'
import type { ClusterSettings } from './settings.ts'

/** What is wrong with the files that the API server will read, before anything is started; empty when nothing is. */
export async function structuredProblem({
  authenticationConfig,
  authorizationConfig,
  network,
}: Pick<ClusterSettings, 'authenticationConfig' | 'authorizationConfig' | 'network'>): Promise<string> {
  const clock = systemClock()
  const parts = { clock, serverId: '', complain: () => {} }
  const issuer = `https://kubernetes.default.svc.${network.clusterDomain}`
  const connectNetwork = () => {
    throw new Error('nothing is asked while a file is checked')
  }
  try {
    if (authenticationConfig !== undefined) {
      const file = followedFile(authenticationConfig, 'AuthenticationConfiguration', clock)
      await openAuthenticationFile(file, { ...parts, connectNetwork, ownAudiences: [issuer], ownIssuers: [issuer] })
    }
  } catch (error) {
    return `failed to load authentication configuration from file ${JSON.stringify(authenticationConfig)}: ${textOf(error)}`
  }
  try {
    if (authorizationConfig !== undefined) {
      const file = followedFile(authorizationConfig, 'AuthorizationConfiguration', clock)
      await openAuthorizationFile(file, { ...parts, fileProblem, postTo: () => async () => ({}) })
    }
  } catch (error) {
    return `failed to load AuthorizationConfiguration from file ${JSON.stringify(authorizationConfig)}: ${textOf(error)}`
  }
  return ''
}

/** The same of the choice of admission plugins and the file that says what they go by. */
export async function admissionProblem(flags: AdmissionFlags, manifests: boolean): Promise<string> {
  try {
    const postTo = (kubeConfigFile: string) => {
      credentialsFromKubeconfig(kubeConfigFile)
      return async () => ({})
    }
    const following = { manifests, clock: systemClock(), serverId: '', complain: () => {} }
    await readAdmission(flags, postTo, following)
    return ''
  } catch (error) {
    return textOf(error)
  }
}

const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
