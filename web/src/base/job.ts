// job.ts - a job of the server, asked often while it runs, so that its bar moves.
// SPDX-License-Identifier: Apache-2.0

import { useEffect, useState } from 'preact/hooks';
import { get } from './api';

export interface Job {
  id: number;
  kind: string;
  state: string;
  created_at?: string;
  payload?: { plan?: number };
  progress?: number;
  error?: { message: string; hint: string; code: string; path: string };
  result?: { measurement?: number; verdict?: string; name?: string };
}

export const isOver = (j: Job) => ['done', 'failed', 'cancelled'].includes(j.state);

/** null: none is followed. onEnd is called once, when it has ended. */
export function useJob(id: number | null, onEnd: () => void): Job | undefined {
  const [job, setJob] = useState<Job>();
  useEffect(() => {
    if (id === null) return undefined;
    let timer = 0;
    let stopped = false;
    const ask = async () => {
      const j = await get<Job>(`/jobs/${id}`).catch(() => undefined);
      if (stopped) return;
      if (j) setJob(j);
      if (j && isOver(j)) onEnd();
      else timer = window.setTimeout(() => void ask(), 300);
    };
    void ask();
    return () => {
      stopped = true;
      window.clearTimeout(timer);
    };
  }, [id]);
  return job;
}
