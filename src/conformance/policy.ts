/**
 * A policy under which the command lines of the cases have known effects, and everything else runs.
 * Names of PowerShell are judged in small letters.
 */
export const CONFORMANCE_POLICY = `version: 1
mode: enforce
rules:
  - id: conformance.deny
    effect: deny
    risk: high
    when: { program: [DENYME, denyme] }
    reason: The case says no.
    match: ['DENYME', 'say a; DENYME && say b']
    not_match: ['say a']
  - id: conformance.confirm
    effect: confirm
    risk: high
    when: { program: [CONFIRMME, confirmme] }
    reason: The case asks why.
    match: ['CONFIRMME']
    not_match: ['say a']
  - id: conformance.warn
    effect: warn
    risk: moderate
    when: { program: [WARNME, warnme] }
    reason: The case warns.
    match: ['WARNME']
    not_match: ['say a']
`
