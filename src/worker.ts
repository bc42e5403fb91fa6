import { runProcess } from './entry.ts'

// The worker: the jobs without the API, in any number of processes. It has no entry point for requests.
runProcess({
  finishing: 'the jobs in progress',
  runsJobs: () => true,
  createEntryPoint: () =>
    Promise.resolve({
      open: () => Promise.resolve('The Wordloom worker is ready: jobs run here'),
      close: () => Promise.resolve(),
    }),
})
