import { testPeers } from './peers.ts'

testPeers('zsh')
