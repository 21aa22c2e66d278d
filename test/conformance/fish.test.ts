import { testDaemons } from './daemons.ts'
import { buildRelay } from './each-shell.ts'
import { testVerdicts } from './verdicts.ts'

buildRelay()
testVerdicts('fish')
testDaemons('fish')
