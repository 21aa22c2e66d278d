import { testDaemons } from './daemons.ts'
import { testVerdicts } from './verdicts.ts'

testVerdicts('bash')
testDaemons('bash')
