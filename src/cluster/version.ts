import { readFileSync } from 'node:fs'
import type { VersionInfo } from '../apiserver/index.ts'

/** The version of Kubernetes whose API and behaviour this is. */
export const kubernetesVersion = 'v1.36.2'

/** What this package calls its own version. */
export function packageVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return manifest.version
}

/** What GET /version answers. */
export function versionInfo(): VersionInfo {
  const arch = process.arch === 'x64' ? 'amd64' : process.arch
  return {
    major: '1',
    minor: '36',
    emulationMajor: '1',
    emulationMinor: '36',
    minCompatibilityMajor: '1',
    minCompatibilityMinor: '35',
    gitVersion: `${kubernetesVersion}+coxswain.${packageVersion()}`,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '2026-06-01T00:00:00Z',
    goVersion: `node ${process.version}`,
    compiler: 'v8',
    platform: `${process.platform}/${arch}`,
  }
}
