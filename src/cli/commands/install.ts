import { CmdaidError } from '../../core/errors.ts'
import type { ShellKind } from '../../core/install/lines.ts'
import { HOOKED_SHELLS } from '../command-table.ts'
import { EXIT } from '../command.ts'
import type { CommandContext } from '../command.ts'
import { checkServiceProgram, checkTrusted, hookFiles } from '../install/hook-files.ts'
import { isChange, perform } from '../install/perform.ts'
import type { Place } from '../install/place.ts'
import { notesOn } from '../install/notes.ts'
import { isUsed, placesFor } from '../install/places.ts'
import { planInstall, type PlannedFile } from '../install/plan.ts'
import { printReport, type Report, type ServiceReport } from '../install/report.ts'
import { TAKES_LOADABLE, makeCompiled } from '../install/compiled.ts'
import { knownPlaces } from '../install/known-places.ts'
import { scopeOf, type Scope } from '../install/scope.ts'
import {
  isProvided,
  planService,
  providedHint,
  serviceFile,
  serviceFolders,
  serviceKind,
  startService,
  type ServiceKind,
} from '../install/service.ts'
import { selectedShells } from '../install/shells.ts'
import { readRecord, type InstallRecord } from '../../adapters/dotfiles/install-record.ts'

export async function run(context: CommandContext): Promise<number> {
  const { flags, output } = context
  const scope = scopeOf(context)
  const { shells, places, notes, made } = await wantedPlaces(context, scope)
  const kind = flags.has('no-service') ? 'none' : serviceKind(scope)
  const file = serviceFile(scope, kind)
  if (file !== null) checkServiceProgram(scope.uid, scope.kind)
  const plan = (record: InstallRecord): PlannedFile[] => {
    const wanted = new Set(places.map(({ path }) => path))
    const stale = knownPlaces(shells, scope, record).filter(({ path }) => !wanted.has(path))
    const files = planInstall(places, stale, { scope, force: flags.has('force'), record })
    const service = file === null ? null : planService(file, kind, scope)
    return service === null ? files : [...files, service]
  }
  const shared = { action: 'install', scope } as const
  if (flags.has('dry-run')) {
    const files = plan(readRecord(scope.folder))
    const told = [...notes, ...notesOn(shells, files)]
    await printReport(output, {
      ...shared,
      dryRun: true,
      files,
      copies: new Map(),
      service: null,
      notes: told,
      left: [],
    })
    return EXIT.yes
  }
  let service: ServiceReport | null = null
  const paths = new Set(places.map(({ path }) => path))
  const { files, copies } = perform(scope, {
    plan,
    keeps: ({ owner, dotfile }) => owner === 'service' || paths.has(dotfile.path),
    forgets: ({ owner }) => shells.some((shell) => shell === owner),
    folders: file === null ? [] : serviceFolders(file, kind),
    made,
    after: (written) => {
      if (file !== null) service = started(file, kind, scope, written)
    },
  })
  const report: Report = {
    notes: [...notes, ...notesOn(shells, files)],
    ...shared,
    dryRun: false,
    files,
    copies,
    service,
    left: [
      ...(file !== null && isProvided(file, kind, scope) ? [providedHint('enable', kind, scope)] : []),
      ...whatIsLeft(context, scope, kind, service),
    ],
  }
  await printReport(output, report)
  return isFailed(service) ? EXIT.no : EXIT.yes
}

/** The shells of this machine, or those that were asked for, and what belongs into their start files. */
async function wantedPlaces(
  { flags, values, paths }: CommandContext,
  scope: Scope,
): Promise<{
  readonly shells: readonly ShellKind[]
  readonly places: readonly Place[]
  readonly notes: readonly string[]
  readonly made: readonly string[]
}> {
  const asked = selectedShells(values)
  const places: Place[] = []
  const notes: string[] = []
  const shells: ShellKind[] = []
  let made: readonly string[] = []
  for (const shell of asked ?? HOOKED_SHELLS) {
    if (asked === null && !(await isUsed(shell, scope))) continue
    const { hook, guard } = hookFiles(shell)
    if (hook === null) {
      if (asked !== null) throw noHook(shell)
      notes.push(`${shell}: this version has no hook for it: its commands run unchecked`)
      continue
    }
    if (shell === 'fish' && !flags.has('dry-run')) {
      const relay = await makeCompiled('relay', paths.stateDir)
      made = [...made, ...relay.made]
      if (relay.error !== null && asked !== null) throw relay.error
      if (relay.error !== null) {
        notes.push(`fish: ${relay.error.message}: ${relay.error.hint}`)
        continue
      }
    }
    if (shell === 'bash' && TAKES_LOADABLE && !flags.has('dry-run')) {
      const loadable = await makeCompiled('loadable', paths.stateDir)
      made = [...made, ...loadable.made]
      if (loadable.file !== null) checkTrusted(loadable.file, scope.uid, scope.kind)
      if (loadable.error !== null) notes.push(`bash: ${loadable.error.message}: ${loadable.error.hint}`)
    }
    const guarded = flags.has('non-interactive') ? guard : null
    if (flags.has('non-interactive') && guard === null)
      notes.push(`${shell}: this version covers it only where a person types`)
    for (const file of [hook, guarded]) if (file !== null) checkTrusted(file, scope.uid, scope.kind)
    const found = placesFor(shell, { hook, guard: guarded }, scope)
    shells.push(shell)
    places.push(...found.places)
    notes.push(...found.notes)
  }
  if (places.length === 0) {
    throw new CmdaidError('CMDAID_ERR_INSTALL_HOOK', 'no shell was found that could be protected', {
      hint: 'name one: `cmdaid install --shell bash`',
    })
  }
  return { shells, places, notes, made }
}

function noHook(shell: ShellKind): CmdaidError {
  return new CmdaidError('CMDAID_ERR_INSTALL_HOOK', `this version has no hook for ${shell}`, {
    hint: 'leave it out of `--shell`',
  })
}

function started(file: string, kind: ServiceKind, scope: Scope, files: readonly PlannedFile[]): ServiceReport {
  const changed = files.some((each) => each.owner === 'service' && isChange(each))
  const { ok, text } = startService(file, kind, scope, changed)
  return { file, state: ok ? 'started' : 'failed', detail: text }
}

function isFailed(service: ServiceReport | null): boolean {
  return service?.state === 'failed'
}

function whatIsLeft(
  { flags }: CommandContext,
  scope: Scope,
  kind: ServiceKind,
  service: ServiceReport | null,
): string[] {
  const left: string[] = []
  if (isFailed(service)) left.push('start the daemon: `cmdaid daemon`; `cmdaid doctor` says whether it serves')
  else if (kind === 'none' && !flags.has('no-service')) {
    left.push(
      scope.kind === 'system'
        ? 'start `cmdaid daemon` in every session: no service manager of users was found'
        : 'start the daemon: `cmdaid daemon`; no service manager answers here that could keep it running',
    )
  }
  left.push(
    scope.kind === 'system'
      ? 'shells that are open already stay unchecked: start new ones'
      : 'shells that are open already stay unchecked: start new ones, then `cmdaid doctor`',
  )
  return left
}
