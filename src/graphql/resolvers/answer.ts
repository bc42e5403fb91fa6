import { Failure } from '../../domain/failure.ts'
import type { Ctx } from '../../usecases/context.ts'
import type { GraphQLContext } from '../context.ts'
import type { ResolversParentTypes } from '../generated.ts'

/** The beginning of the name of a type `…Success`. */
export type Answered = keyof ResolversParentTypes extends infer Type
  ? Type extends `${infer Name}Success`
    ? Name
    : never
  : never

type FieldsOf<Name extends Answered> = Omit<ResolversParentTypes[`${Name}Success`], '__typename' | 'query'>

/** The parent of the fields of `Query`, for the field `query` of every success. */
const query: ResolversParentTypes['Query'] = {}

/** The success of this name, or the failure that a use case came to. */
export const answer = <Name extends Answered, Result, Fields extends FieldsOf<Name>>(
  name: Name,
  result: Result,
  fieldsOf: (done: Exclude<Result, Failure>) => Fields,
) =>
  result instanceof Failure
    ? (result as Extract<Result, Failure>)
    : { ...fieldsOf(result as Exclude<Result, Failure>), query, __typename: `${name}Success` as const }

/** The resolver of a mutation that hands its input to a use case. */
export const answerWith =
  <Name extends Answered, Input, Result>(
    name: Name,
    useCase: (ctx: Ctx, input: Input) => Promise<Result>,
    fieldsOf: (done: Exclude<Result, Failure>) => FieldsOf<Name>,
  ) =>
  async (_root: unknown, { input }: { input: Input }, ctx: GraphQLContext) =>
    answer(name, await useCase(ctx, input), fieldsOf)

/** The results of one call for many things, with how many of them failed. */
export function countResults<Result>(results: Result[]) {
  const failedCount = results.filter((result) => result instanceof Failure).length
  return { results, failedCount, succeededCount: results.length - failedCount }
}
