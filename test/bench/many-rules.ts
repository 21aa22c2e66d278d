/** Everyday programs that many rules of a real policy are about. */
const EVERYDAY = ['git', 'rm', 'kubectl', 'docker', 'aws', 'npm', 'terraform', 'psql', 'systemctl', 'chmod']

/**
 * A policy document with `count` rules: three in ten are about everyday programs, so that a command really has rules to be
 * held against; the others have a program each. None of them matches the lines of `everydayLines`.
 */
export function manyRules(count: number): string {
  const rules: string[] = []
  for (let i = 0; i < count; i++) {
    const everyday = i % 10 < 3
    const program = everyday ? (EVERYDAY[i % EVERYDAY.length] ?? 'git') : `tool-${i}`
    rules.push(
      `  - id: bench.rule-${i}`,
      `    effect: ${i % 2 === 0 ? 'warn' : 'deny'}`,
      '    risk: moderate',
      `    when: { program: ${program}, flags: { any: [bench-${i}, B] }, operand: { glob: 'target-${i}-*' } }`,
      `    reason: Rule ${i} of the benchmark says no.`,
      `    match: ['${program} --bench-${i} target-${i}-x', 'sudo ${program} -B target-${i}-y']`,
      `    not_match: ['${program} target-${i}-x', '${program} --bench-${i} other']`,
    )
  }
  return ['version: 1', 'mode: enforce', 'rules:', ...rules, ''].join('\n')
}

const SHAPES: readonly ((word: string, n: number) => string)[] = [
  (word) => `ls -la ${word}`,
  (word) => `cd ~/src/${word} && git status`,
  (word, n) => `git commit -m "${word}: part ${n}" --no-verify`,
  (word) => `grep -rn '${word}' src | head -20`,
  (word, n) => `docker run --rm -it -v "$PWD:/work" -p ${8000 + (n % 999)}:80 ${word}:latest sh -c 'make test'`,
  (word) => `kubectl -n ${word} get pods -o wide`,
  (word) => `for f in *.${word}; do echo "$f"; wc -l "$f"; done`,
  (word, n) => `curl -fsS https://${word}.example.com/v${n % 9}/items | jq '.items[] | .name'`,
  (word) => `find . -name '*.${word}' -not -path './node_modules/*' -print`,
  (word, n) => `sudo -u ${word} systemctl status unit-${n}.service`,
  (word) => `npm run build -- --filter=${word} 2>&1 | tee build.log`,
  (word) => `rm -rf ./dist/${word} && mkdir -p dist/${word}`,
]

/** `count` different everyday command lines, the same at every call. No line is seen twice by a cache. */
export function everydayLines(count: number): string[] {
  return Array.from({ length: count }, (_, n) => {
    const word = `w${(Math.imul(n + 1, 2_654_435_761) >>> 0).toString(36)}`
    return (SHAPES[n % SHAPES.length] ?? String)(word, n)
  })
}
