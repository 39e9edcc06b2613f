import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Role, type Rule, ruleText } from '../../cloud/index.ts'
import { parseYaml, YamlError, yamlText } from '../../machinery/index.ts'
import { CommandError } from '../command.ts'
import { UsageError } from '../flags.ts'
import { type Asked, listed, pick, type Shown, type Thing, wordOf } from './thing.ts'

const chosen = async (asked: Asked) =>
  pick(await asked.api.call('ram:ListRoles', {}), wordOf(asked, 0, 'the name of the role'), 'role')
const shown = (role: Role): Shown => ({ data: role, text: yamlText(role) })
const said = (role: Role, text: string): Shown => ({ data: role, text: `role ${role.name} ${text}` })

/** `cox cloud role`: what those to whom a role is bound may do. */
export const roles: Thing = {
  names: ['role', 'roles'],
  verbs: {
    async list({ api }) {
      const bound = await api.call('ecs:DescribeInstances', {})
      return listed(
        await api.call('ram:ListRoles', {}),
        ['NAME', 'RULES', 'INSTANCES'],
        ({ name, rules }) => [
          name,
          rules.map((rule) => `${rule.effect === 'deny' ? '!' : ''}${rule.name}`).join(',') || '-',
          String(bound.filter(({ role }) => role === name).length),
        ],
        'there are no roles',
      )
    },
    show: async (asked) => shown(await chosen(asked)),
    async create(asked) {
      const name = wordOf(asked, 0, 'the name of the role')
      const rules = asked.flags.rules === undefined ? [] : await rulesIn(asked)
      return said(await asked.api.call('ram:CreateRole', { name, rules }), 'is there')
    },
    async edit(asked) {
      const role = await chosen(asked)
      const rules = (await rulesByFlags(asked, role)) ?? (await rulesByEditor(asked, role))
      if (rules === undefined) return said(role, 'is as it was')
      const changed = await asked.api.call('ram:UpdateRole', { id: role.name, rules })
      return said(changed, `has the rules ${changed.rules.map(ruleText).join('; ') || 'of nobody'}`)
    },
    async delete(asked) {
      return said(await asked.api.call('ram:DeleteRole', { id: (await chosen(asked)).name }), 'is gone')
    },
  },
}

/** The rules as flags make them: those of a file, or with one rule set or taken away; undefined without such flags. */
async function rulesByFlags(asked: Asked, { rules }: Role): Promise<readonly Rule[] | undefined> {
  const { flags } = asked
  if (flags.rules !== undefined) return rulesIn(asked)
  const removed = flags.remove as string | undefined
  if (removed !== undefined) {
    if (!rules.some(({ name }) => name === removed))
      throw new CommandError(`the role has no rule ${JSON.stringify(removed)}; \`cox cloud role show\` shows them`)
    return rules.filter(({ name }) => name !== removed)
  }
  const [allow, deny] = [flags.allow, flags.deny] as (readonly string[] | undefined)[]
  const actions = allow ?? deny
  if (actions === undefined) return undefined
  if (allow !== undefined && deny !== undefined)
    throw new UsageError('a rule allows or denies: one of --allow and --deny')
  const name = flags.rule as string | undefined
  if (name === undefined) throw new UsageError('say which rule that is: --rule NAME')
  const effect = allow === undefined ? 'deny' : 'allow'
  const rule: Rule = { name, effect, actions, resources: (flags.on as readonly string[] | undefined) ?? ['*'] }
  return rules.some((one) => one.name === name)
    ? rules.map((one) => (one.name === name ? rule : one))
    : [...rules, rule]
}

async function rulesIn({ flags, environment }: Asked): Promise<readonly Rule[]> {
  const file = flags.rules as string
  let text: string
  try {
    text = file === '-' ? await standardInput() : await readFile(resolve(environment.workingDirectory, file), 'utf8')
  } catch (error) {
    throw new CommandError(`${file} cannot be read: ${error instanceof Error ? error.message : error}`)
  }
  return rulesOfText(text, file)
}

/** Rules as a list, or as a whole role has them. The cloud says what is wrong with one. */
function rulesOfText(text: string, from: string): readonly Rule[] {
  let value: unknown
  try {
    value = parseYaml(text).value
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    throw new CommandError(`${from} is not YAML: ${error.message}`)
  }
  const rules = Array.isArray(value) ? value : (value as { readonly rules?: unknown } | null)?.rules
  if (!Array.isArray(rules)) throw new CommandError(`${from} has no list of rules`)
  return rules as readonly Rule[]
}

async function standardInput(): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

/** Has the rules edited as text; undefined when they were left as they are. */
async function rulesByEditor({ environment, terminal }: Asked, role: Role): Promise<readonly Rule[] | undefined> {
  const editor = environment.variables.VISUAL ?? environment.variables.EDITOR
  if (!terminal.isTerminal || editor === undefined)
    throw new UsageError(
      'say what to change: --rules FILE, --rule NAME with --allow or --deny ACTIONS [--on RESOURCES], or --remove NAME (an editor opens on a terminal where $EDITOR is set)',
    )
  const directory = await mkdtemp(join(tmpdir(), 'cox-role-'))
  try {
    const file = join(directory, `${role.name}.yaml`)
    const before = yamlText({ rules: role.rules })
    await writeFile(file, before)
    const [program = '', ...words] = editor.split(' ').filter((word) => word !== '')
    const code = await new Promise((done) => {
      const child = spawn(program, [...words, file], { stdio: 'inherit' })
      child.once('error', done)
      child.once('exit', done)
    })
    if (code !== 0) throw new CommandError(`the editor ${editor} ended with ${code}; nothing was changed`)
    const after = await readFile(file, 'utf8')
    return after === before ? undefined : rulesOfText(after, 'what was edited')
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
