import { buildRelay } from './each-shell.ts'
import { testPeers } from './peers.ts'

buildRelay()
testPeers('fish')
