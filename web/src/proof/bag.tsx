// bag.tsx - making an evidence bag: what goes in, the download, its digest, how to check it offline.
// SPDX-License-Identifier: Apache-2.0

import { useState } from 'preact/hooks';
import { Problem, send } from '../base/api';
import { useResource } from '../base/resource';
import { showBytes, t } from '../text/text';
import { Button, Pre, ProblemNote } from '../ui/basics';
import { hex } from './bytes';

interface Made {
  name: string;
  size: number;
  sha256: string;
  url: string;
}

/** The digest that the reply announces, in hex; the bytes that arrived must have it. */
function announced(reply: Response): string {
  const found = /sha-256=:([^:]+):/.exec(reply.headers.get('Repr-Digest') ?? '');
  return found ? hex(Uint8Array.from(atob(found[1] ?? ''), (c) => c.charCodeAt(0))) : '';
}

async function make(controls: string[], since: string): Promise<Made> {
  const body = { ...(controls.length ? { controls } : {}), ...(since ? { since: new Date(since).toISOString() } : {}) };
  const reply = await send('POST', '/api/v1/bags', { body });
  const blob = await reply.blob();
  const sha256 = hex(new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer())));
  if (sha256 !== announced(reply)) throw new Problem(0, 'check', '', t('bag_differs'), t('bag_again'));
  return { name: `evidence-${new Date().toISOString().slice(0, 10)}.tar.gz`, size: blob.size, sha256, url: URL.createObjectURL(blob) };
}

function save(made: Made): void {
  const a = document.createElement('a');
  a.href = made.url;
  a.download = made.name;
  a.click();
}

export function BagMaker() {
  const head = useResource<{ vkey: string }>('/log');
  const [controls, setControls] = useState('');
  const [since, setSince] = useState('');
  const [made, setMade] = useState<Made>();
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const run = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    setProblem(undefined);
    if (made) URL.revokeObjectURL(made.url);
    setMade(undefined);
    try {
      const bag = await make(controls.split(/[\s,;]+/).filter(Boolean), since);
      setMade(bag);
      save(bag);
    } catch (x) {
      if (!(x instanceof Problem)) throw x;
      setProblem(x);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form class="stack bag" onSubmit={(e) => void run(e)}>
      <p class="hint">{t('bag_lead')}</p>
      <label>{t('bag_controls')}<input value={controls} placeholder="A.5.4 A.6.2.4" onInput={(e) => setControls(e.currentTarget.value)} /></label>
      <label>{t('bag_since')}<input type="date" value={since} onInput={(e) => setSince(e.currentTarget.value)} /></label>
      <p><Button type="submit" tone="main" icon="download" busy={busy}>{t('bag_make')}</Button></p>
      <ProblemNote problem={problem} />
      {made && (
        <div class="stack" role="status">
          <p><a href={made.url} download={made.name}>{made.name}</a> · {showBytes(made.size)} · SHA-256 <code>{made.sha256}</code></p>
          <p class="hint">{t('bag_check')}</p>
          <Pre text={`aims bag verify ${made.name} --vkey '${head.value?.vkey ?? ''}'`} label={t('bag_check')} />
        </div>
      )}
    </form>
  );
}
