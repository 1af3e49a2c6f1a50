// lazy.tsx - views that are loaded when they are first wanted.
// SPDX-License-Identifier: Apache-2.0

import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { t } from '../text/text';
import { Button, Empty, Loading } from '../ui/basics';

export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let ready: ComponentType<P> | undefined;
  return (props: P) => {
    const [, again] = useState(0);
    const [failed, setFailed] = useState(false);
    useEffect(() => {
      if (ready || failed) return;
      load().then((c) => {
        ready = c;
        again((n) => n + 1);
      }, () => setFailed(true));
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
