import { testDaemons } from './daemons.ts'
import { testVerdicts } from './verdicts.ts'

testVerdicts('zsh')
testDaemons('zsh')
