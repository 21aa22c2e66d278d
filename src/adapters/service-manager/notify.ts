import { spawn } from 'node:child_process'

/** What a supervisor is told (sd_notify). Telling may fail; serving goes on. */
export type ServiceManager = {
  readonly ready: (status: string) => Promise<void>
  readonly reloading: () => Promise<void>
  readonly stopping: () => Promise<void>
}

export type ServiceManagerOptions = {
  /** `$NOTIFY_SOCKET`; without it nobody listens and nothing is done. */
  readonly notifySocket: string | undefined
  readonly pid: number
  readonly onError: (error: unknown) => void
}

/** Part of systemd itself, so it is there wherever `NOTIFY_SOCKET` is set. Not looked up in PATH. */
const SYSTEMD_NOTIFY = '/usr/bin/systemd-notify'

/**
 * Node has no Unix datagram sockets, so a short process sends each message and waits until systemd has read it (else
 * systemd could no longer tell which unit it came from). The unit needs `NotifyAccess=all` for that. Nothing here is on
 * the way of a command: it happens at start, reload and stop.
 */
export function serviceManager({ notifySocket, pid, onError }: ServiceManagerOptions): ServiceManager {
  const tell = async (...assignments: readonly string[]): Promise<void> => {
    if (notifySocket === undefined || notifySocket === '') return
    try {
      await send(notifySocket, assignments)
    } catch (error) {
      onError(error)
    }
  }
  return {
    ready: (status) => tell('READY=1', `MAINPID=${pid}`, `STATUS=${status}`),
    reloading: () => tell('RELOADING=1'),
    stopping: () => tell('STOPPING=1'),
  }
}

async function send(notifySocket: string, assignments: readonly string[]): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const env = { NOTIFY_SOCKET: notifySocket }
    const child = spawn(SYSTEMD_NOTIFY, [...assignments], { env, cwd: '/', stdio: 'ignore' })
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      if (code === 0) resolve()
      else reject(new Error(`${SYSTEMD_NOTIFY} ended with ${code ?? signal}`))
    })
  })
}
