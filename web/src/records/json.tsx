// json.tsx - a member that holds JSON: a table where it is one, else its text.
// SPDX-License-Identifier: Apache-2.0

import { showNumber, t } from '../text/text';
import { Pre } from '../ui/basics';

const MOST_COLUMNS = 8;
type Rows = [string, Record<string, unknown>][];

const plain = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v);
const scalar = (v: unknown) => typeof v !== 'object' || v === null;

/** An object of objects of scalars, as a schema of columns is; null: something else. */
function rowsOf(value: unknown): { rows: Rows; columns: string[] } | null {
  if (!plain(value) || !Object.values(value).every((v) => plain(v) && Object.values(v).every(scalar))) return null;
  const rows = Object.entries(value) as Rows;
  const columns = [...new Set(rows.flatMap(([, r]) => Object.keys(r)))];
  return rows.length && columns.length <= MOST_COLUMNS ? { rows, columns } : null;
}

const cell = (v: unknown) => (typeof v === 'number' ? showNumber(v, 4) : v === undefined || v === null ? '–' : String(v));

export function Json({ value, label }: { value: unknown; label: string }) {
  const table = rowsOf(value);
  if (!table) return <Pre text={JSON.stringify(value, null, 2)} label={label} />;
  const number = (c: string) => (table.rows.every(([, r]) => r[c] === undefined || typeof r[c] === 'number') ? 'number' : '');
  return (
    <div class="scroll tall" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead><tr><th>{t('name')}</th>{table.columns.map((c) => <th key={c} class={number(c)} lang="en">{c.replace(/_/g, ' ')}</th>)}</tr></thead>
        <tbody>
          {table.rows.map(([name, r]) => (
            <tr key={name}><th scope="row"><bdi>{name}</bdi></th>{table.columns.map((c) => <td key={c} class={number(c)}>{cell(r[c])}</td>)}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
