// panel.tsx - the Verify button and what it found.
// SPDX-License-Identifier: Apache-2.0

import { useState } from 'preact/hooks';
import { type Key, showNumber, t } from '../text/text';
import { Button, Pre } from '../ui/basics';
import { ToneMark } from '../ui/status';
import { type Verification, verifyLeaf } from './verify';

export function VerifyLeaf({ leaf }: { leaf: number }) {
  const [found, setFound] = useState<Verification>();
  const [failed, setFailed] = useState('');
  const [busy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    setFailed('');
    try {
      setFound(await verifyLeaf(leaf));
    } catch (x) {
      setFound(undefined);
      setFailed(x instanceof Error ? x.message : String(x));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="verify">
      <Button icon="shield" tone="main" busy={busy} onClick={() => void run()}>{t('verify')}</Button>
      {failed && <p class="problem" role="alert">{t('verify_failed', { why: failed })}</p>}
      {found && (
        <div class={`verdict ${found.ok ? 'good' : 'bad'}`} role="status">
          <p><strong>{found.ok ? t('verify_ok', { n: showNumber(leaf), size: showNumber(found.size) }) : t('verify_bad')}</strong></p>
          <ul>
            {found.steps.map((s) => (
              <li key={s.id} class={s.ok ? 'good' : 'bad'}>
                <ToneMark tone={s.ok ? 'good' : 'bad'} />
                {s.id === 'consistency' && found.first ? t('step_first') : t(`step_${s.id}` as Key)} <code>{s.detail}</code>
              </li>
            ))}
          </ul>
          <details><summary>{t('raw_leaf')}</summary><Pre text={found.leaf} label={t('raw_leaf')} /></details>
        </div>
      )}
    </div>
  );
}
