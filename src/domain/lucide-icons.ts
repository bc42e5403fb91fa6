import { iconNames } from './generated/icon-names.ts'

const pascalCase = (name: string) =>
  name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')

/** The names in kebab case, by themselves and by their names as components. Of two aliases the first counts. */
const icons: ReadonlyMap<string, string> = new Map([
  ...iconNames.toReversed().map((name) => [pascalCase(name), name] as const),
  ...iconNames.map((name) => [name, name] as const),
])

/**
 * The name of a Lucide icon as Lucide writes it, `book-open`, for this name or the name of its component, `BookOpen`;
 * undefined if there is no such icon. See https://lucide.dev/icons.
 */
export const lucideIcon = (name: string): string | undefined => icons.get(name)
