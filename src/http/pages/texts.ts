import { english, type Texts } from './texts-en.ts'
import { chinese } from './texts-zh.ts'

/** The texts of the pages, by the language tag of their HTML. */
export const texts = { en: english, 'zh-CN': chinese } satisfies Record<string, Texts>

export type Language = keyof typeof texts
