/** A policy under which the commands of test shells have known effects, and nothing else is touched. */
export const TEST_POLICY = `version: 1
mode: enforce
rules:
  - id: test.deny
    effect: deny
    risk: high
    when: { program: DENYME }
    reason: The test says no.
    match: ['DENYME', 'say a; DENYME && say b']
    not_match: ['say a']
  - id: test.confirm
    effect: confirm
    risk: high
    when: { program: CONFIRMME }
    reason: The test asks why.
    match: ['CONFIRMME']
    not_match: ['say a']
  - id: test.warn
    effect: warn
    risk: moderate
    when: { program: WARNME }
    reason: The test warns.
    match: ['WARNME']
    not_match: ['say a']
`
