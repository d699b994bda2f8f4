/**
 * What Bull Board asks before it acts, in our words: what an action means to a generation, and whether it may pay. Its own words ("Are you sure that you want
 * to retry this job?") say neither. So are its words for a job that is gone, which is all that its page shows after a retry. Ours are English in every language
 * that it can be switched to. All its other words stay as they are.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Router } from 'express';

/** `folder`: where Bull Board keeps its words, with a folder for each language. */
export function ownWords(folder: string): Router {
  return Router().get('/:language/messages.json', async (request, response, next) => {
    const { language } = request.params;
    if (!/^[a-z]{2}-[A-Z]{2}$/.test(language)) return next();
    const text = await readFile(path.join(folder, language, 'messages.json'), 'utf8').catch(() => null);
    if (text === null) return next();
    const words = JSON.parse(text) as Words;
    Object.assign(words.JOB.ACTIONS.CONFIRM, OF_A_JOB);
    Object.assign(words.QUEUE.ACTIONS.CONFIRM, OF_A_QUEUE);
    words.JOB.NOT_FOUND = GONE;
    words.ERRORS.JOB_NOT_FOUND = GONE;
    response.json(words);
  });
}

interface Words {
  JOB: { ACTIONS: { CONFIRM: Record<string, string> }; NOT_FOUND: string };
  QUEUE: { ACTIONS: { CONFIRM: Record<string, string> } };
  ERRORS: { JOB_NOT_FOUND: string };
}

const GONE =
  'This job is not here any more. A retry puts another one in its place, a removal ends it, and old ones are cleaned. The page of its generation says ' +
  'what became of it.';

const OF_A_JOB = {
  RETRY:
    'Retry this job? If its generation has no task, or the upstream has failed its task or refused its prompt, it is submitted again, which may be paid ' +
    'again. Otherwise its task is polled or its video fetched, which is free; a webhook is only sent again. The page of the generation says which it is.',
  CLEAN:
    'Remove this job? If its generation is on its way, it is canceled; a task that renders will be billed all the same. A webhook that waits is given up. ' +
    'What has ended keeps its record.',
  PROMOTE: 'Do this job now, instead of at its time? This is free.',
};

const FREE_ONES = 'Tasks are polled, videos fetched and webhooks sent again, which is free. What would be submitted again, and may be paid again, is left out.';
const RESUMED = 'whoever made them? What is queued is then submitted, which is paid.';

const OF_A_QUEUE = {
  RETRY_ALL: `Retry all {{status}} jobs? ${FREE_ONES}`,
  RETRY_FAILED_QUEUES: `Retry {{jobs}} failed jobs across {{count}} queues? ${FREE_ONES}`,
  CLEAN_ALL: 'Remove all {{status}} jobs of this queue that have ended? Their generations keep their records, and none is canceled.',
  PROMOTE_ALL: 'Do all delayed jobs now that may be done now, instead of at their time? This is free.',
  PAUSE_QUEUE: 'Hold the submits of this provider? What is queued waits. A queue of polls holds polls and deadlines as well.',
  // Both are refused whatever is answered, and their own words would make a person believe that work can be thrown away here.
  EMPTY_QUEUE: 'A queue is not emptied, whatever you answer: its jobs are work that was accepted. `dailies cancel BATCH` gives it up, and says what is billed.',
  OBLITERATE_QUEUE: 'A queue is not obliterated, whatever you answer: paid videos would be forgotten.',
  OBLITERATE_FORCE_DESCRIPTION: '{{jobs}} jobs are under way. It is refused with force, too.',
  RESUME_QUEUE: `End all pauses of this provider, ${RESUMED}`,
  PAUSE_ALL: 'Hold the submits and polls of every provider, and deadlines with them? Downloads and webhooks go on.',
  RESUME_ALL: `End all pauses of every provider, ${RESUMED}`,
  PAUSE_GROUP: 'Hold the submits and polls of all {{count}} queues in this group, and deadlines with them? Downloads and webhooks go on.',
  RESUME_GROUP: `End all pauses of the {{count}} queues in this group, ${RESUMED}`,
};
