import { deleteViewer, removePerson } from '../../usecases/people/erase.ts'
import type { Resolvers } from '../generated.ts'
import { answerWith } from './answer.ts'

export const removal: Resolvers = {
  Mutation: {
    deleteViewer: answerWith('DeleteViewer', deleteViewer, ({ id }) => ({ person: { id } })),
    removePerson: answerWith('RemovePerson', removePerson, ({ id }) => ({ person: { id } })),
  },
}
