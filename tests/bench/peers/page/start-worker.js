// The page of every contender that runs in a worker.

import { answerFromWorker } from './answer.js';

answerFromWorker('./contender.js');
