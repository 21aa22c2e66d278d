import type { PtyShell } from './pty.ts'

/** Types a line that asks the person for a reason, then these keys in answer, and waits for the next prompt. */
export async function typeConfirmed(
  shell: Pick<PtyShell, 'type' | 'waitForText' | 'waitForPrompt'>,
  line: string,
  answer: string,
): Promise<void> {
  shell.type(`${line}\r`)
  await shell.waitForText('cmdaid: reason (empty to cancel): ')
  shell.type(answer)
  await shell.waitForPrompt()
}
