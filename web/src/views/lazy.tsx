// lazy.tsx - views that are loaded when they are first wanted.
// SPDX-License-Identifier: Apache-2.0

import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { t } from '../text/text';
import { Button, Empty, Loading } from '../ui/basics';

/** Code of views that nobody wanted yet. */
const waiting = new Set<() => Promise<void>>();

export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let ready: ComponentType<P> | undefined;
  const get = async () => {
    waiting.delete(get);
    ready ??= await load();
  };
  waiting.add(get);
  return (props: P) => {
    const [, again] = useState(0);
    const [failed, setFailed] = useState(false);
    useEffect(() => {
      if (!ready && !failed) get().then(() => again((n) => n + 1), () => setFailed(true));
    }, [failed]);
    if (failed)
      return (
        <Empty whole title={t('part_missing')} text={t('part_missing_text')}>
          <Button tone="main" onClick={() => location.reload()}>{t('reload')}</Button>
        </Empty>
      );
    const Ready = ready;
    return Ready ? <Ready {...props} /> : <Loading />;
  };
}

const idle = (then: () => void): void => {
  if ('requestIdleCallback' in window) requestIdleCallback(then, { timeout: 2000 });
  else setTimeout(then, 500);
};

/** Fetches the code of the other views, one by one while nothing else happens (some 40 kB in all), so
    that the first visit of a view is as quick as the second. */
export function prepareViews(): void {
  const [next] = waiting;
  if (!next || (navigator as { connection?: { saveData?: boolean } }).connection?.saveData) return;
  idle(() => void next().catch(() => undefined).then(prepareViews));
}
