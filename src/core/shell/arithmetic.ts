import type { ArithmeticExpression } from 'unbash'
import type { Expansion } from './words.ts'

/** The value of an arithmetic expression made of constants (`8#162`, `0x1f`, `1+2`), as 53-bit integers; null when unknown. */
export function arithmeticValue(node: ArithmeticExpression | undefined, expansion: Expansion): number | null {
  if (node === undefined) return null
  switch (node.type) {
    case 'ArithmeticWord':
      return wordValue(node.value, expansion)
    case 'ArithmeticGroup':
      return arithmeticValue(node.expression, expansion)
    case 'ArithmeticUnary': {
      const operand = arithmeticValue(node.operand, expansion)
      if (operand === null) return null
      return node.operator === '-' ? -operand : node.operator === '+' ? operand : null
    }
    case 'ArithmeticBinary': {
      const left = arithmeticValue(node.left, expansion)
      const right = left === null ? null : arithmeticValue(node.right, expansion)
      if (left === null || right === null) return null
      const result = combine(node.operator, left, right)
      return result !== null && Number.isSafeInteger(result) ? result : null
    }
    case 'ArithmeticTernary':
    case 'ArithmeticCommandExpansion':
      return null
  }
}

function combine(operator: string, left: number, right: number): number | null {
  switch (operator) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      return right === 0 ? null : Math.trunc(left / right)
    case '%':
      return right === 0 ? null : left % right
    default:
      return null
  }
}

function wordValue(text: string, expansion: Expansion): number | null {
  if (/^\d{1,15}$/.test(text)) return text.startsWith('0') ? digits(text, 8) : Number(text)
  const hexadecimal = /^0[xX]([\da-fA-F]{1,12})$/.exec(text)
  if (hexadecimal !== null) return Number.parseInt(hexadecimal[1] ?? '', 16)
  const based = /^(\d{1,2})#([\da-zA-Z]{1,12})$/.exec(text)
  if (based !== null) return digits(based[2] ?? '', Number(based[1]))
  const name = /^\$?([A-Za-z_]\w*)$/.exec(text)?.[1]
  const value = name === undefined ? undefined : expansion.scope.get(name)
  return value !== undefined && !value.dynamic && /^[1-9]\d{0,14}$/.test(value.text) ? Number(value.text) : null
}

function digits(text: string, base: number): number | null {
  if (base < 2 || base > 36) return null
  const value = Number.parseInt(text, base)
  return Number.isNaN(value) ? null : value
}
