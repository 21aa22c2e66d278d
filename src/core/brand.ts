declare const brand: unique symbol

/** A `Base` that only the code which checked it may produce: plain strings and numbers do not fit by accident. */
export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name }
