import t from 'tap'
import { arch, release } from 'node:os'
import { readMachine } from '../../../src/adapters/host-info/machine.ts'

t.test('the machine is named as the system itself names it', async (t) => {
  const { system, kernel, architecture } = await readMachine()
  t.strictSame({ kernel, architecture }, { kernel: release(), architecture: arch() })
  t.match(system, /\S/)
})
