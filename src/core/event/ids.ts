import type { Brand } from '../brand.ts'

/** 32 hex digits, made by the daemon when a session says hello. */
export type SessionId = Brand<string, 'SessionId'>

/** 32 hex digits: links a started command, its decision, its answer and its end. The dedupe key of the record. */
export type AttemptId = Brand<string, 'AttemptId'>
