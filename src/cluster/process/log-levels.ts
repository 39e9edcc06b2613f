import type { LogLevel } from '../../machinery/index.ts'
import type { ClusterSettings } from '../config/settings.ts'
import { askApi, tellApi } from './ask-api.ts'
import { adminCredentials } from './lifecycle.ts'

const page = '/debug/flags/v'

/** How much each part of a running cluster logs. */
export async function readLogLevels(settings: ClusterSettings): Promise<readonly LogLevel[]> {
  const { levels } = await askApi<{ levels: readonly LogLevel[] }>(await adminCredentials(settings), page)
  return levels
}

/** Changes how much a part logs until the cluster is started again; undefined takes its own level away. */
export async function setLogLevel(settings: ClusterSettings, part: string, level: number | undefined): Promise<void> {
  const path = `${page}?component=${encodeURIComponent(part)}`
  await tellApi(await adminCredentials(settings), path, level === undefined ? '' : String(level))
}
