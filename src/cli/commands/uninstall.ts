import { existsSync } from 'node:fs'
import { readRecord, type InstallRecord } from '../../adapters/dotfiles/install-record.ts'
import { HOOKED_SHELLS } from '../command-table.ts'
import { EXIT } from '../command.ts'
import type { CommandContext } from '../command.ts'
import { knownPlaces } from '../install/known-places.ts'
import { perform } from '../install/perform.ts'
import { planUninstall, type PlannedFile } from '../install/plan.ts'
import { printReport, type ServiceReport } from '../install/report.ts'
import { scopeOf } from '../install/scope.ts'
import { removeCompiled } from '../install/compiled.ts'
import {
  isProvided,
  planServiceRemoval,
  providedHint,
  serviceFile,
  serviceKind,
  stopService,
} from '../install/service.ts'
import { selectedShells } from '../install/shells.ts'

export async function run(context: CommandContext): Promise<number> {
  const { flags, values, output } = context
  const scope = scopeOf(context)
  const shells = selectedShells(values) ?? HOOKED_SHELLS
  const kind = flags.has('no-service') ? 'none' : serviceKind(scope)
  const plan = (record: InstallRecord): PlannedFile[] => {
    const files = planUninstall(knownPlaces(shells, scope, record), { scope, force: flags.has('force'), record })
    const path = serviceThatGoes(record)
    const service = path === null ? null : planServiceRemoval(path, scope)
    return service === null ? files : [...files, service]
  }
  /** The daemon serves what stays. */
  const serviceThatGoes = ({ files }: InstallRecord): string | null => {
    const stays = files.some(({ owner }) => owner !== 'service' && !shells.some((shell) => shell === owner))
    if (flags.has('no-service') || stays) return null
    return files.find(({ owner }) => owner === 'service')?.path ?? serviceFile(scope, kind)
  }
  const shared = { action: 'uninstall', scope, notes: [] } as const
  const expected = plan(readRecord(scope.folder))
  // A folder without a record is what an installation has left that was killed.
  if (flags.has('dry-run') || (expected.length === 0 && !existsSync(scope.folder))) {
    const dryRun = flags.has('dry-run')
    await printReport(output, { ...shared, dryRun, files: expected, copies: new Map(), service: null, left: [] })
    return EXIT.yes
  }
  let service: ServiceReport | null = null
  const { files, copies } = perform(scope, {
    plan,
    keeps: () => false,
    forgets: ({ owner }, record) =>
      owner === 'service' ? serviceThatGoes(record) !== null : shells.some((shell) => shell === owner),
    folders: [],
    made: [],
    after: (_files, record) => {
      if (scope.kind === 'user') {
        if (shells.includes('fish')) removeCompiled('relay', context.paths.stateDir)
        if (shells.includes('bash')) removeCompiled('loadable', context.paths.stateDir)
      }
      const file = serviceThatGoes(record)
      if (file === null || isProvided(file, kind, scope)) return
      stopService(file, scope.platform === 'darwin' ? 'launchd' : 'systemd', scope)
      service = {
        file,
        state: 'stopped',
        detail:
          scope.kind === 'system' ? 'no login starts a daemon any more' : 'the daemon is stopped and starts no more',
      }
    },
  })
  const left = files.some(({ owner }) => owner !== 'service')
    ? ['shells that are open already go on as they are until they end']
    : []
  const file = serviceFile(scope, kind)
  if (file !== null && shells.length === HOOKED_SHELLS.length && isProvided(file, kind, scope)) {
    left.push(providedHint('disable --now', kind, scope))
  }
  await printReport(output, { ...shared, dryRun: false, files, copies, service, left })
  return EXIT.yes
}
