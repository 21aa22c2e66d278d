/** What kind of machine this is, as its owner would name it; `unknown` where the system does not tell. */
export type Machine = {
  readonly system: string
  readonly kernel: string
  readonly architecture: string
}

/** Reads it from the system's own files and tools. Takes tens of milliseconds: for reports, never on a command's path. */
export async function readMachine(): Promise<Machine> {
  const { osInfo } = await import('systeminformation')
  const { distro, release, kernel, arch } = await osInfo()
  return {
    system: [distro, release].filter((part) => part !== '' && part !== 'unknown').join(' ') || 'unknown',
    kernel: kernel || 'unknown',
    architecture: arch || 'unknown',
  }
}
