import { testDaemons } from './daemons.ts'
import { testVerdicts } from './verdicts.ts'

testVerdicts('powershell')
testDaemons('powershell')
