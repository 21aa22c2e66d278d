import type { Colour } from './output.ts'

/** The colour of an effect, the same everywhere. Text that is none of them is bold. */
export function effectColour(effect: string): Colour {
  switch (effect) {
    case 'allow':
      return 'green'
    case 'warn':
    case 'confirm':
      return 'yellow'
    case 'approve':
    case 'deny':
      return 'red'
    default:
      return 'bold'
  }
}
