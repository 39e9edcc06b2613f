import type { Metrics } from '../metrics/metrics.ts'

/** Of what build a component is, as Kubernetes' components tell it. */
export interface BuildInfo {
  readonly major?: string
  readonly minor?: string
  readonly gitVersion: string
  readonly gitCommit?: string
  readonly gitTreeState?: string
  readonly buildDate?: string
  readonly goVersion?: string
  readonly compiler?: string
  readonly platform?: string
}

/** Kubernetes' metric that has the value 1 and the build in its labels. */
export function buildMeasure(metrics: Metrics, version: BuildInfo): void {
  const build = metrics.gauge(
    'kubernetes_build_info',
    "A metric with a constant '1' value labeled by major, minor, git version, git commit, git tree state, build date, Go version, and compiler from which Kubernetes was built, and platform on which it is running.",
  )
  build.set(1, {
    build_date: version.buildDate ?? '',
    compiler: version.compiler ?? '',
    git_commit: version.gitCommit ?? '',
    git_tree_state: version.gitTreeState ?? '',
    git_version: version.gitVersion,
    go_version: version.goVersion ?? '',
    major: version.major ?? '',
    minor: version.minor ?? '',
    platform: version.platform ?? '',
  })
}
