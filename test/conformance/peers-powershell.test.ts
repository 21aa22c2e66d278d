import { testPeers } from './peers.ts'

testPeers('powershell')
