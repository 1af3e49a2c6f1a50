// merge.tsx - two people changed one record: what each did, side by side, nobody's work lost.
// SPDX-License-Identifier: Apache-2.0

import { useEffect, useRef, useState } from 'preact/hooks';
import { fieldLabel, t } from '../text/text';
import { Button } from '../ui/basics';
import type { Field, RecordType, Row } from './types';
import { Value } from './values';

const same = (a: unknown, b: unknown) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

export interface Clash {
  field: Field;
  mine: unknown;
  theirs: unknown;
}

/** Members both changed, each in another way. What only one changed needs no question. */
export function clashes(type: RecordType, base: Row, mine: Record<string, unknown>, theirs: Row): Clash[] {
  return type.fields
    .filter((f) => f.name in mine && !same(theirs[f.name], base[f.name]) && !same(theirs[f.name], mine[f.name]))
    .map((f) => ({ field: f, mine: mine[f.name], theirs: theirs[f.name] }));
}

export function Merge({ type, base, mine, theirs, onDone, onCancel }: {
  type: RecordType; base: Row; mine: Record<string, unknown>; theirs: Row;
  onDone: (changes: Record<string, unknown>) => void; onCancel: () => void;
}) {
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => head.current?.focus(), []);
  const open = clashes(type, base, mine, theirs);
  const [keep, setKeep] = useState<Record<string, 'mine' | 'theirs'>>({});
  const others = type.fields.filter((f) => !same(theirs[f.name], base[f.name]) && !open.some((c) => c.field === f));
  const finish = () => {
    const changes = { ...mine };
    for (const f of type.fields)
      if (keep[f.name] === 'theirs' || same(theirs[f.name], mine[f.name])) delete changes[f.name];
    onDone(changes);
  };
  return (
    <section class="merge" aria-label={t('merge_title')}>
      <h2 ref={head} tabIndex={-1}>{t('merge_title')}</h2>
      <p>{t('merge_text')}</p>
      {others.length > 0 && <p>{t('merge_others', { what: others.map((f) => fieldLabel(f.name)).join(', ') })}</p>}
      <div class="scroll" tabIndex={0} role="region" aria-label={t('merge_title')}><table>
        <thead>
          <tr><th>{t('member')}</th><th>{t('before')}</th><th>{t('theirs')}</th><th>{t('mine')}</th></tr>
        </thead>
        <tbody>
          {open.map((c) => (
            <tr key={c.field.name}>
              <th scope="row">{fieldLabel(c.field.name)}</th>
              <td><Value field={c.field} value={base[c.field.name]} /></td>
              {(['theirs', 'mine'] as const).map((who) => (
                <td key={who}>
                  <label class="check">
                    <input type="radio" name={c.field.name} checked={keep[c.field.name] === who}
                      onChange={() => setKeep({ ...keep, [c.field.name]: who })} />
                    <span><Value field={c.field} value={c[who]} /></span>
                  </label>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table></div>
      <div class="form-foot">
        <Button tone="main" icon="check" disabled={open.some((c) => !keep[c.field.name])} onClick={finish}>{t('merge_save')}</Button>
        <Button onClick={onCancel}>{t('merge_back')}</Button>
      </div>
    </section>
  );
}
