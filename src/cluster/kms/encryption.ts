import { type FollowedFile, followFile, ReloadMetrics } from '../../apiserver/index.ts'
import { type Clock, type Log, type Metrics, parseYamlDocuments, type Random } from '../../machinery/index.ts'
import type { EncryptionRule, KmsPlugin, SqliteStore } from '../../store/index.ts'
import { type EncryptionChoice, encryptionRules, readEncryption } from '../config/encryption.ts'
import { type ConnectedPlugin, connectPlugin } from './plugin.ts'

export interface EncryptionParts {
  readonly clock: Clock
  readonly random: Random
  readonly metrics: Metrics
}
/** How values are encrypted, with the plugins that does it. */
export interface OpenedEncryption {
  readonly rules: readonly EncryptionRule[]
  readonly plugins: ReadonlyMap<string, KmsPlugin>
  /** Ends the connections to the plugins. */
  close(): void
}

/** The rules of a choice, and connections to the plugins it names. */
export async function openEncryption(
  choice: EncryptionChoice,
  { clock, random, metrics }: EncryptionParts,
): Promise<OpenedEncryption> {
  const plugins = new Map<string, ConnectedPlugin>()
  for (const { type, name = '', endpoint = '', timeoutMs = 0 } of choice.flatMap(({ providers }) => providers)) {
    if (type !== 'kms' || plugins.has(name)) continue
    plugins.set(name, await connectPlugin({ name, endpoint, timeoutMs, clock, metrics }, () => random.uuid()))
  }
  return {
    rules: encryptionRules(choice),
    plugins,
    close() {
      for (const one of plugins.values()) one.close()
    },
  }
}

/** What a file with an EncryptionConfiguration says. Throws a ConfigError, or what reading YAML throws. */
export function encryptionOfText(text: string): EncryptionChoice {
  const [document] = parseYamlDocuments(text).map(({ value }) => value as Readonly<Record<string, unknown>> | null)
  const { apiVersion, kind, ...fields } = document ?? {}
  if (apiVersion !== 'apiserver.config.k8s.io/v1' || kind !== 'EncryptionConfiguration')
    throw new Error(
      `it is a ${apiVersion ?? '?'} ${kind ?? '?'}, not an apiserver.config.k8s.io/v1 EncryptionConfiguration`,
    )
  return readEncryption(fields)
}

export interface FollowedEncryption extends EncryptionParts {
  readonly file: FollowedFile
  readonly text: string
  readonly store: Pick<SqliteStore, 'encryptAnew'>
  /** What is in effect when following begins. */
  readonly opened: OpenedEncryption
  readonly serverId: string
  readonly log: Log
  /** Remembers what is in effect for the next start. */
  readonly remember: (choice: EncryptionChoice) => Promise<void>
}

/** Encrypts as the file says whenever it changes; what cannot be stays as it was. Ends with the signal. */
export async function followEncryption(parts: FollowedEncryption, signal: AbortSignal): Promise<void> {
  const { file, text, store, serverId, log, metrics, clock, remember } = parts
  const reloads = new ReloadMetrics(metrics, 'encryption', serverId, () => clock.now())
  reloads.applied(text)
  let { opened } = parts
  await followFile(
    {
      ...{ file, text, metrics: reloads },
      complain: (problem) => log.warn('encryption configuration', { error: problem }),
      async apply(next) {
        let made: OpenedEncryption | undefined
        try {
          const choice = encryptionOfText(next)
          made = await openEncryption(choice, parts)
          await store.encryptAnew(made.rules, made.plugins)
          opened.close()
          opened = made
          await remember(choice)
          log.info('what is stored is encrypted by the changed configuration')
          return undefined
        } catch (error) {
          made?.close()
          return { problem: error instanceof Error ? error.message : String(error), final: false }
        }
      },
    },
    signal,
  )
  opened.close()
}
