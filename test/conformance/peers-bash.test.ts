import { testPeers } from './peers.ts'

testPeers('bash')
