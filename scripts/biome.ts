/** Runs biome with the given words. Its binaries are named one by one, because the package that gathers all platforms' cannot be locked everywhere. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const binary = join(import.meta.dirname, `../node_modules/@biomejs/cli-${process.platform}-${process.arch}/biome`)
if (existsSync(binary)) {
  const { status } = spawnSync(binary, process.argv.slice(2), { stdio: 'inherit' })
  process.exitCode = status ?? 1
} else
  process.stderr.write(
    `biome is not installed for ${process.platform}-${process.arch}: lint and format are not checked here\n`,
  )
