// values.tsx - showing the value of a member: by its type, always as text, never as markup.
// SPDX-License-Identifier: Apache-2.0

import type { ComponentChildren } from 'preact';
import { href } from '../base/router';
import { showAgo, showDate, showExact, showTime } from '../base/time';
import { fieldLabel, showNumber, t, valueLabel } from '../text/text';
import { Status, statusTone } from '../ui/status';
import { Json } from './json';
import { useRow } from './rows';
import { type Field, nameOf, typeByPlural } from './types';

/** A record by number, shown by its name. */
export function RefLink({ plural, id }: { plural: string; id: number }) {
  const type = typeByPlural(plural);
  const { value } = useRow(plural, id);
  return <a href={href(plural, id)}>{value && type ? nameOf(type, value) : `#${id}`}</a>;
}

function Time({ iso }: { iso: string }) {
  return (
    <time dateTime={iso} title={showExact(iso)}>
      {Math.abs(Date.parse(iso) - Date.now()) < 7 * 86400e3 ? showAgo(iso) : showTime(iso)}
    </time>
  );
}

function commas(parts: ComponentChildren[]): ComponentChildren {
  return parts.map((p, i) => (
    <span key={i}>
      {i > 0 && ', '}
      {p}
    </span>
  ));
}

export function money(minor: number): string {
  return showNumber(minor / 100);
}

export function Value({ field, value, brief }: { field: Field; value: unknown; brief?: boolean }) {
  if (value === undefined || value === null) return <span class="none">–</span>;
  switch (field.type) {
    case 'ref':
      return <RefLink plural={field.ref ?? ''} id={Number(value)} />;
    case 'links':
      return <>{commas((value as number[]).map((id) => <RefLink plural={field.ref ?? ''} id={id} />))}</>;
    case 'list':
      return <>{commas((value as string[]).map((x) => (field.names ? valueLabel(x) : x)))}</>;
    case 'enum':
      return statusTone(String(value)) ? <Status value={String(value)} /> : <>{valueLabel(String(value))}</>;
    case 'bool':
      return <>{value ? t('yes') : t('no')}</>;
    case 'date':
      return <time dateTime={String(value)}>{showDate(String(value))}</time>;
    case 'time':
      return <Time iso={String(value)} />;
    case 'money':
      return <span class="number">{money(Number(value))}</span>;
    case 'int':
    case 'real':
      return <span class="number">{showNumber(Number(value), 4)}</span>;
    case 'json':
      return brief ? <span class="none">{'{…}'}</span> : <Json value={value} label={fieldLabel(field.name)} />;
    case 'long':
      return brief ? <>{clip(String(value))}</> : <p class="long">{String(value)}</p>;
    default:
      if (field.name === 'kind') return <>{valueLabel(String(value))}</>; /* an id of the catalogue */
      return field.name.endsWith('sha256') ? <code title={String(value)}>{clip(String(value), 16)}</code>
        : <bdi>{brief ? clip(String(value)) : String(value)}</bdi>;
  }
}

export function clip(text: string, most = 120): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
