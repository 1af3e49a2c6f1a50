// bulk.tsx - one member of many records at once; each record says for itself how it went.
// SPDX-License-Identifier: Apache-2.0

import { useState } from 'preact/hooks';
import { call, Problem } from '../base/api';
import { outdate } from '../base/resource';
import { fieldLabel, showNumber, t } from '../text/text';
import { Button, Dialog, Doc, say } from '../ui/basics';
import { FieldInput } from './inputs';
import { nameOf, type RecordType, type Row } from './types';

export function BulkEdit({ type, rows, onClose }: { type: RecordType; rows: Row[]; onClose: (done: boolean) => void }) {
  const fields = type.fields.filter((f) => !f.read_only && !f.unique);
  const [name, setName] = useState(fields[0]?.name ?? '');
  const [value, setValue] = useState<unknown>(undefined);
  const [done, setDone] = useState(0);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<{ row: Row; problem: Problem }[]>([]);
  const field = fields.find((f) => f.name === name);
  const run = async () => {
    const failed: { row: Row; problem: Problem }[] = [];
    setBusy(true);
    for (const [i, row] of rows.entries()) {
      try {
        await call('PATCH', `/${type.plural}/${row.id}`, { body: { [name]: value ?? null }, version: row.version });
      } catch (x) {
        if (x instanceof Problem) failed.push({ row, problem: x });
      }
      setDone(i + 1);
    }
    setBusy(false);
    setRefused(failed);
    outdate((p) => p.startsWith(`/${type.plural}`));
    if (failed.length) return;
    say(t('n_changed', { n: showNumber(rows.length) }));
    onClose(true);
  };
  return (
    <Dialog title={t('edit_n', { n: showNumber(rows.length) })} onClose={() => onClose(false)}>
      <div class="fields">
        <div class="field">
          <label for="bulk-member">{t('member')}</label>
          <select id="bulk-member" value={name} onChange={(e) => {
            setName(e.currentTarget.value);
            setValue(undefined);
          }}>
            {fields.map((f) => <option key={f.name} value={f.name}>{fieldLabel(f.name)}</option>)}
          </select>
        </div>
        {field && (
          <div class="field">
            <label for="bulk-value">{t('new_value')}</label>
            <FieldInput field={field} id="bulk-value" value={value} onChange={setValue} invalid={false} describedBy="bulk-hint" />
            <p class="hint" id="bulk-hint"><Doc text={field.doc} /></p>
          </div>
        )}
      </div>
      {busy && <progress max={rows.length} value={done} aria-label={t('progress')} />}
      {refused.map((x) => (
        <p key={x.row.id} class="problem" role="alert"><strong>{nameOf(type, x.row)}</strong> {x.problem.message}. {x.problem.hint}</p>
      ))}
      <div class="form-foot">
        <Button tone="main" busy={busy} onClick={() => void run()}>{t('change_n', { n: showNumber(rows.length) })}</Button>
      </div>
    </Dialog>
  );
}
