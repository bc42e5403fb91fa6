/** How a derived picture is made. Its name is part of URLs and storage keys: change the version with the recipe. */
export interface Recipe {
  readonly name: string
  readonly version: number
  /** Longest side in pixels; smaller pictures are not enlarged. */
  readonly maxSide: number
  /** WebP quality, 1 to 100. */
  readonly quality: number
}

/** Every derived picture there is: nobody can make the server compute another size. */
export const recipes: readonly Recipe[] = [
  { name: 'thumbnail', version: 1, maxSide: 320, quality: 78 },
  { name: 'preview', version: 1, maxSide: 1280, quality: 80 },
]

export const recipeNamed = (name: string) => recipes.find((recipe) => recipe.name === name)

/** The recipe in storage keys and rows, with its version, e.g. `thumbnail-1`. */
export const recipeKey = (recipe: Recipe) => `${recipe.name}-${recipe.version}`
